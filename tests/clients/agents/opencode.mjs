import path from "node:path";
import { here } from "../lab.mjs";

export default {
  name: "opencode",
  title: "opencode",
  package: "opencode-linux-x64-baseline",  // what opencode-ai installs here
  api: "Chat Completions",
  tools: {
    read: (path) => ["read", { filePath: path }],
    write: (path, content) => ["write", { filePath: path, content }],
    shell: (command) => ["bash", { command, description: "as told" }],
  },
  command: (prompt) => [path.join(here, "node_modules/opencode-linux-x64-baseline/bin/opencode"), "run", "--pure", prompt],
  env: () => ({ OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_LSP_DOWNLOAD: "1", OPENCODE_DISABLE_DEFAULT_PLUGINS: "1", OPENCODE_DISABLE_SHARE: "1" }),
};
