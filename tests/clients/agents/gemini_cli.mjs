import { bin } from "../lab.mjs";

export default {
  name: "gemini-cli",
  title: "Gemini CLI",
  package: "@google/gemini-cli",
  api: "Gemini",
  tools: {
    read: (path) => ["read_file", { file_path: path }],
    write: (path, content) => ["write_file", { file_path: path, content }],
    shell: (command) => ["run_shell_command", { command }],
  },
  command: (prompt) => [bin("gemini"), "-p", prompt, "--yolo", "--skip-trust"],
};
