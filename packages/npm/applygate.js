#!/usr/bin/env node
// Runs the binary from the package of this platform, with the words, streams and exit code as they are.
"use strict";
const { spawn } = require("node:child_process");
const os = require("node:os");

const name = `applygate-${process.platform}-${process.arch}`;
let binary;
try {
  binary = require.resolve(`${name}/bin/applygate${process.platform === "win32" ? ".exe" : ""}`);
} catch {
  console.error(`error: the package ${name} is not installed`);
  console.error("  help: npm installs it as an optional dependency: leave out --omit=optional and --no-optional; where there is none for this platform: cargo install applygate");
  process.exit(2);
}

// An apply is never cut short: this process outlives the binary. Ctrl-C reaches the binary from the terminal itself; what is sent to this process alone is
// handed on.
for (const signal of ["SIGINT", "SIGQUIT"]) process.on(signal, () => {});
let child;
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));

child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });

child.on("error", (error) => {
  console.error(`error: ${binary} cannot be run (${error.code})`);
  process.exit(2);
});
child.on("exit", (code, signal) => process.exit(signal ? 128 + os.constants.signals[signal] : code));
