// Codex as it comes: its model is offered one tool, which runs a program that calls the others.
import { bin } from "../lab.mjs";

export const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const run = (cmd) => ["exec", `const done = await tools.exec_command(${JSON.stringify({ cmd })});\ntext(done.output);`, "functions"];
export default {
  name: "codex",
  title: "Codex",
  package: "@openai/codex",
  api: "Responses",
  tools: {
    read: (path) => run(`cat ${quoted(path)}`),
    write: (path, text) => run(`printf %s ${quoted(text)} > ${quoted(path)}`),
    shell: run,
  },
  shellOnly: true,
  command: (prompt) => [bin("codex"), "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", prompt],
};
