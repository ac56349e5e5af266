import { bin } from "../lab.mjs";

export default {
  name: "claude-code",
  title: "Claude Code",
  package: "@anthropic-ai/claude-code",
  api: "Messages",
  tools: {
    read: (path) => ["Read", { file_path: path }],
    write: (path, content) => ["Write", { file_path: path, content }],
    shell: (command) => ["Bash", { command, description: "as told" }],
  },
  command: (prompt) => [bin("claude"), "-p", prompt, "--allowedTools", "Read Write Bash"],
  env: () => ({ IS_SANDBOX: "1", CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_TELEMETRY: "1", DISABLE_AUTOUPDATER: "1" }),
};
