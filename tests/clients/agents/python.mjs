// What the Python agents share: the environment says where weir is, a manifest what their own functions do.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { here } from "../lab.mjs";

export const python = (lab, module) => [path.join(process.env.WEIR_VENV, "bin/python"), "-B", path.join(here, "python", module)];
export const common = {
  init: "openai-compatible",
  tools: {
    read: (path) => ["read_file", { path }],
    write: (path, content) => ["write_file", { path, content }],
    shell: (command) => ["run_command", { command }],
  },
  config: () => ({ top: `manifests = ["${path.join(here, "python/tools.toml")}"]` }),
  env: (lab) => ({ OPENAI_BASE_URL: `${lab.url}/v1`, OPENAI_API_KEY: lab.token, OPENAI_AGENTS_DISABLE_TRACING: "1" }),
};
export const versionOf = (name) => spawnSync(path.join(process.env.WEIR_VENV, "bin/python"), ["-c", `from importlib.metadata import version; print(version("${name}"))`], { encoding: "utf8" }).stdout.trim();
