// The launcher outlives the binary: a SIGTERM is handed on and comes back as the exit code, a SIGINT to the launcher alone ends nothing.
"use strict";
const { spawn, spawnSync } = require("node:child_process");

const fail = (text) => { console.error(text); launcher.kill("SIGKILL"); process.exit(1); };
// It waits for a plan on its standard input.
const launcher = spawn(process.argv[2], ["check", "-"], { stdio: ["pipe", "ignore", "inherit"] });
setTimeout(() => fail("the launcher does not end"), 60000);
const started = setInterval(() => {
  if (spawnSync("pgrep", ["-P", String(launcher.pid)]).status !== 0) return;
  clearInterval(started);
  launcher.kill("SIGINT");
  setTimeout(() => {
    if (launcher.exitCode !== null || launcher.signalCode !== null) fail("SIGINT ended the launcher");
    launcher.kill("SIGTERM");
  }, 1000);
}, 100);
launcher.on("exit", (code, signal) => {
  if (code !== 143) fail(`ended with ${code} ${signal}, not 143`);
  console.log("signals are handed on");
  process.exit(0);
});
