// Both engines behind one shape: ours through policy_lines, the published one in this process.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const cedar = createRequire(import.meta.url)("@cedar-policy/cedar-wasm/nodejs");
export const version = `${cedar.getCedarVersion()} (language ${cedar.getCedarLangVersion()})`;

export class Ours {
  constructor(binary, args = []) {
    this.child = spawn(binary, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.waiting = [];
    this.child.on("exit", (code, signal) => {
      for (const { reject } of this.waiting) reject(new Error(`${binary} ended: ${code ?? signal}`));
      this.waiting = [];
    });
    createInterface({ input: this.child.stdout }).on("line", (line) => this.waiting.shift().resolve(JSON.parse(line)));
  }
  ask(line) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.stdin.write(JSON.stringify(line) + "\n");
    });
  }
  async end() {
    this.child.stdin.end();
    await new Promise((resolve) => this.child.on("close", resolve));
  }
}

const uid = ({ type, id }) => ({ type, id });

// policies: { static: {id: text}, templates: {id: text}, links: [...] }
const policySet = (policies) => ({ staticPolicies: policies.static, templates: policies.templates, templateLinks: policies.links });

export function theirsDecide(policies, entities, requests) {
  const parsed = cedar.preparsePolicySet("p", policySet(policies));
  if (parsed.type === "failure") return { failed: "policies", message: parsed.errors.map((e) => e.message).join("; ") };
  const results = [];
  for (const request of requests) {
    const answer = cedar.statefulIsAuthorized({
      principal: uid(request.principal), action: uid(request.action), resource: uid(request.resource), context: request.context,
      preparsedPolicySetId: "p", entities,
    });
    if (answer.type === "failure") return { failed: "data", message: answer.errors.map((e) => e.message).join("; ") };
    const { decision, diagnostics } = answer.response;
    results.push({
      decision, determining: [...diagnostics.reason].sort(), errors: [...new Set(diagnostics.errors.map((e) => e.policyId))].sort(),
      messages: diagnostics.errors.map((e) => `${e.policyId}: ${e.error.message}`),
    });
  }
  return { results };
}

export function theirsParse(text) {
  const answer = cedar.policySetTextToParts(text);
  return answer.type === "success" ? {} : { failed: "policies", message: answer.errors.map((e) => e.message).join("; ") };
}

export function theirsValidate(policies, schema) {
  const answer = cedar.validate({ schema, policies: policySet(policies), validationSettings: { mode: "strict" } });
  if (answer.type === "failure") return { failed: "schema", message: answer.errors.map((e) => e.message).join("; ") };
  const errors = {};
  for (const { policyId, error } of answer.validationErrors) (errors[policyId] ??= []).push(error.message);
  const warnings = answer.validationWarnings.filter((w) => w.error.message.includes("impossible")).map((w) => w.policyId);
  return { errors, warnings: [...new Set(warnings)].sort() };
}

export function toEst(text, isTemplate) {
  const answer = isTemplate ? cedar.templateToJson(text) : cedar.policyToJson(text);
  if (answer.type !== "success") throw new Error(answer.errors[0].message);
  return answer.json;
}

export const schemaToText = (json) => {
  const answer = cedar.schemaToText(json);
  if (answer.type !== "success") throw new Error(answer.errors[0].message);
  return answer.text;
};

export const checkSchema = (schema) => {
  const answer = cedar.checkParseSchema(schema);
  return answer.type === "success" ? {} : { failed: "schema", message: answer.errors.map((e) => e.message).join("; ") };
};
