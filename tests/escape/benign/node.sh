set -eu
# Node: timers, files, a child, a server on its own loopback, WebAssembly's and V8's memory
command -v node > /dev/null || exit 0
node -e '
const fs = require("fs"), http = require("http"), { execFileSync } = require("child_process");
fs.writeFileSync("x.json", "{}"); fs.mkdtempSync("/tmp/x-");
if (String(execFileSync("echo", ["x"])) !== "x\n") throw 1;
new WebAssembly.Memory({ initial: 1 });
require("os").networkInterfaces(); require("os").cpus();
const server = http.createServer((q, r) => r.end("ok")).listen(0, "127.0.0.1", () =>
  http.get({ port: server.address().port, host: "127.0.0.1" }, r => { r.resume(); r.on("end", () => server.close()); }));
setTimeout(() => {}, 20);'
