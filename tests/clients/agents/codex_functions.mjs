// Codex with a model that it knows to want plain functions.
import { bin } from "../lab.mjs";
import codex, { quoted } from "./codex.mjs";

const run = (cmd) => ["exec_command", { cmd }];
export default {
  ...codex,
  title: "Codex, plain functions",
  tools: {
    read: (path) => run(`cat ${quoted(path)}`),
    write: (path, text) => run(`printf %s ${quoted(text)} > ${quoted(path)}`),
    shell: run,
  },
  command: (prompt) => [bin("codex"), "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-m", "gpt-5", prompt],
};
