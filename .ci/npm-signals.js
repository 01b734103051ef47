// The launcher outlives the binary: a SIGTERM is handed on and comes back as the exit code, a SIGINT to the launcher alone ends nothing.
"use strict";
const { spawn } = require("node:child_process");

// It waits for a plan on its standard input.
const launcher = spawn(process.argv[2], ["check", "-"], { stdio: ["pipe", "ignore", "inherit"] });
const late = setTimeout(() => { console.error("the launcher does not end"); launcher.kill("SIGKILL"); process.exit(1); }, 20000);
setTimeout(() => launcher.kill("SIGINT"), 1000);
setTimeout(() => {
  if (launcher.exitCode !== null || launcher.signalCode !== null) { console.error("SIGINT ended the launcher"); process.exit(1); }
  launcher.kill("SIGTERM");
}, 2000);
launcher.on("exit", (code, signal) => {
  clearTimeout(late);
  if (code !== 143) { console.error(`ended with ${code} ${signal}, not 143`); process.exit(1); }
  console.log("signals are handed on");
  process.exit(0);
});
