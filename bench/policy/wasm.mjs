// The published engine's wasm on the inputs of bench/policy/run. Policies are parsed once; entities and the request
// are handed over as JSON with every decision, for the interface has no other way.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [, , policies, entitiesFile, requestsFile, count] = process.argv;
const cedar = createRequire(new URL("../../tests/policy/x.mjs", import.meta.url))("@cedar-policy/cedar-wasm/nodejs");
const parsed = cedar.preparsePolicySet("p", { staticPolicies: readFileSync(policies, "utf8") });
if (parsed.type !== "success") throw new Error(parsed.errors[0].message);
const entities = JSON.parse(readFileSync(entitiesFile, "utf8"));
const requests = JSON.parse(readFileSync(requestsFile, "utf8"));
const decide = (request) => {
  const answer = cedar.statefulIsAuthorized({ ...request, preparsedPolicySetId: "p", entities });
  if (answer.type !== "success") throw new Error(answer.errors[0].message);
  return answer.response.decision;
};
const decisions = Number(count);
let allowed = 0;
const sample = requests.slice(0, Math.min(requests.length, decisions));
for (const request of sample) if (decide(request) === "allow") ++allowed;
const times = [];
for (let i = 0; i < decisions; ++i) {
  const request = requests[i % requests.length];
  const start = process.hrtime.bigint();
  decide(request);
  times.push(Number(process.hrtime.bigint() - start));
}
times.sort((a, b) => a - b);
console.log(JSON.stringify({
  p50_ns: times[decisions >> 1], p99_ns: times[Math.floor(decisions * 99 / 100)], allocations: null,
  allowed: sample.length === requests.length ? allowed : null,
}));
