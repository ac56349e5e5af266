import { bin } from "../lab.mjs";

export default {
  name: "qwen-code",
  title: "Qwen Code",
  package: "@qwen-code/qwen-code",
  api: "Chat Completions",
  tools: {
    read: (path) => ["read_file", { file_path: path }],
    write: (path, content) => ["write_file", { file_path: path, content }],
    shell: (command) => ["run_shell_command", { command, is_background: false }],
  },
  command: (prompt) => [bin("qwen"), "-p", prompt, "--yolo"],
};
