// The policy engine beside the published one, on random policies, entities, requests and schemas.
//
// usage: node differential.mjs BINARY [--mutant N] [CASES [SEED]]
// Case i of a seed is always the same. Ends with a summary; status 0 only where nothing differs and the
// coverage that it promises was reached. With --mutant, stops at the first difference, and status 0 means that
// there was one.
import assert from "node:assert";
import { Ours, checkSchema, schemaToText, theirsDecide, theirsParse, theirsValidate, toEst, version } from "./engines.mjs";
import { OPERATORS, PolicyGenerator } from "./policies.mjs";
import { Random, randomEntities, randomRequest, randomSchema, randomUid, schemaJson } from "./world.mjs";

const args = process.argv.slice(2);
const binary = args.shift();
const mutant = args[0] === "--mutant" ? Number(args.splice(0, 2)[1]) : 0;
const cases = Number(args[0] ?? 5000);
const seed = Number(args[1] ?? Math.floor(Math.random() * 2 ** 31));
const BATCH = 50;

const counts = {};
const stats = { decisions: 0, allow: 0, deny: 0, error: 0, parses: 0, refused: 0, validated: 0, invalid: 0, impossible: 0, unread: 0, schemas: 0, badSchemas: 0 };
const differences = [];

function report(kind, index, ours, theirs, input) {
  differences.push(kind);
  if (mutant || differences.length > 10) return;
  console.log(`DIFFERENCE (${kind}) in case ${index} of seed ${seed}`);
  console.log(`  ours:   ${JSON.stringify(ours)}\n  theirs: ${JSON.stringify(theirs)}`);
  console.log(`  input:  ${typeof input === "string" ? input : JSON.stringify(input)}`);
}

function randomPolicies(r, schema, wild) {
  const policies = { static: {}, templates: {}, links: [], text: "", targets: [] };
  const generator = new PolicyGenerator(r, schema, wild, counts);
  for (let i = r.below(5); i >= 0; --i) {
    const { text, slots, target } = generator.policy();
    policies.targets.push(target);
    const id = `policy${Object.keys(policies.static).length + Object.keys(policies.templates).length}`;
    const isTemplate = Object.keys(slots).length > 0;
    policies[isTemplate ? "templates" : "static"][id] = text;
    policies.text += text + "\n";
    if (!isTemplate || r.chance(20)) continue;
    const values = Object.fromEntries(Object.entries(slots).map(([slot, type]) => [slot, randomUid(r, type, schema)]));
    policies.links.push({ templateId: id, newId: `link-${id}`, values });
  }
  return policies;
}

// Ours reads text, our own JSON of it, or the published engine's JSON of it.
function line(r, policies, more) {
  const out = { policies: policies.text, links: policies.links, ...more };
  const form = r.below(4);
  if (form === 0) out.via_json = true;
  if (form !== 1 || /[0-9]{17}/.test(policies.text)) return out; // its JSON goes through numbers of 53 bits
  const est = (list, isTemplate) => Object.fromEntries(Object.entries(list).map(([id, text]) => [id, toEst(text, isTemplate)]));
  out.policies = { staticPolicies: est(policies.static, false), templates: est(policies.templates, true) };
  return out;
}

function decisions(index, r, jobs) {
  const schema = randomSchema(r);
  const policies = randomPolicies(r, schema, r.pick([1, 3, 6]));
  const entities = randomEntities(r, schema);
  const requests = [1, 2].map(() => randomRequest(r, schema, policies.targets));
  const theirs = theirsDecide(policies, entities, requests);
  jobs.push({ input: theirs.failed === "policies" ? { policies: policies.text } : line(r, policies, { entities, requests }), check(ours) {
    if (theirs.failed || ours.failed) {
      if (!theirs.failed !== !ours.failed) report("failed", index, ours, theirs, policies.text);
      else if (++stats.unread <= 3) console.log(`both refuse case ${index}: ${theirs.message}`);
      return;
    }
    theirs.results.forEach((t, i) => {
      const o = ours.results[i];
      ++stats.decisions;
      ++stats[t.decision];
      if (t.errors.length) ++stats.error;
      if (o.decision !== t.decision || String(o.determining) !== String(t.determining) || String(o.errors) !== String(t.errors)) {
        report("decision", index, o, t, { policies: policies.text, links: policies.links, request: requests[i], entities });
      }
    });
  } });
}

// Nearly policies: a few characters or tokens changed.
function parses(index, r, jobs) {
  const text = randomPolicies(r, randomSchema(r), 2).text;
  const tokens = text.match(/"(\\.|[^"\\])*"|[A-Za-z_0-9]+|::|&&|\|\||[!=<>]=|\s+|./gsu);
  const odd = ["-", "!", "(", ")", "[", "]", "{", "}", ",", ";", ".", "::", "if", "has", "is", "in", "like", "true", "principal", "?principal", "?resource",
    "== 1", "\"\\u{41}\"", "\"\\x80\"", "\"\\q\"", "9223372036854775808", "// c\n", "ip", "isEmpty", "@a", "_", "__cedar", "\u00a0", "&", "/", "\"", "then", "else", "contains", "A"];
  for (let i = r.pick([1, 1, 1, 2]); i > 0; --i) {
    const at = r.below(tokens.length);
    tokens.splice(at, r.below(2), ...(r.chance(60) ? [r.pick(odd)] : []));
  }
  const changed = tokens.join("");
  const theirs = theirsParse(changed);
  jobs.push({ input: { policies: changed }, check(ours) {
    ++stats.parses;
    if (theirs.failed) ++stats.refused;
    if (!theirs.failed !== !ours.failed) report("parse", index, ours, theirs, changed);
  } });
}

function validations(index, r, jobs) {
  const schema = randomSchema(r);
  const json = schemaJson(schema);
  const policies = randomPolicies(r, schema, r.pick([0, 0, 1, 3]));
  const theirs = theirsValidate(policies, json);
  assert(!theirs.failed, theirs.message);
  const form = r.below(2) ? json : schemaToText(json);
  jobs.push({ input: line(r, policies, { schema: form }), check(ours) {
    ++stats.validated;
    if (Object.keys(theirs.errors).length) ++stats.invalid;
    if (theirs.warnings.length) ++stats.impossible;
    const ids = (answer) => String(Object.keys(answer.errors ?? {}).sort());
    if (ours.failed || ids(ours) !== ids(theirs) || String(ours.warnings) !== String(theirs.warnings)) {
      report("validation", index, ours, theirs, policies.text + "\n" + (typeof form === "string" ? form : JSON.stringify(form)));
    }
  } });
}

// Nearly schemas: both forms, something taken out or put in.
function schemas(index, r, jobs) {
  const json = schemaJson(randomSchema(r));
  const tokens = schemaToText(json).match(/"(\\.|[^"\\])*"|[A-Za-z_0-9]+|::|\s+|./gsu);
  const odd = ["entity", "action", "type", "in", "Set", "Long", "String", "Bool", "Entity", "User", "App", "?", ":", ";", ",", "{", "}", "[", "]", "<", ">", "=", "tags",
    "appliesTo", "principal", "resource", "context", "enum", "namespace", "@a", "@a(\"b\")", "decimal", "type T = Long;", "entity User;", "__cedar::Long", "ipaddr", "if"];
  for (let i = r.below(2) + 1; i > 0; --i) {
    const at = r.below(tokens.length);
    tokens.splice(at, r.below(2), ...(r.chance(60) ? [r.pick(odd)] : []));
  }
  const text = tokens.join("");
  const theirs = checkSchema(text);
  jobs.push({ input: { policies: "", schema: text }, check(ours) {
    ++stats.schemas;
    if (theirs.failed) ++stats.badSchemas;
    if (!theirs.failed !== !ours.failed) report("schema", index, ours, theirs, text);
  } });
}

const only = process.env.ONLY; // for looking into one kind
const ours = new Ours(binary, mutant ? ["--mutant", String(mutant)] : []);
console.log(`seed ${seed}, ${cases} cases, beside ${version}`);
for (let first = 0; first < cases; first += BATCH) {
  const jobs = [];
  for (let i = first; i < Math.min(first + BATCH, cases); ++i) {
    const r = new Random(seed, i);
    if (!only || only === "decisions") decisions(i, r, jobs);
    if (mutant) continue;
    if (!only || only === "parses") parses(i, r, jobs);
    if (!only || only === "validations") validations(i, r, jobs);
    if ((!only && i % 2 === 0) || only === "schemas") schemas(i, r, jobs);
  }
  await Promise.all(jobs.map(async (job) => job.check(await ours.ask(job.input))));
  if (mutant && differences.length) break;
  if (first > 0 && first % 10_000 === 0) console.log(`… ${first} cases, ${differences.length} differences`);
}
await ours.end();

if (mutant) {
  console.log(`mutant ${mutant}: ${differences.length ? "caught" : "NOT CAUGHT"} after ${stats.decisions} decisions`);
  process.exit(differences.length ? 0 : 1);
}
const share = (n, of) => (100 * n / Math.max(of, 1)).toFixed(1) + " %";
const rare = OPERATORS.filter((o) => (counts[o] ?? 0) < 100);
const thin = stats.allow < stats.decisions / 4 || stats.deny < stats.decisions / 4 || stats.error < stats.decisions / 10;
console.log(`decisions ${stats.decisions}: allow ${share(stats.allow, stats.decisions)}, deny ${share(stats.deny, stats.decisions)}, ` +
  `with an erring policy ${share(stats.error, stats.decisions)}; parses ${stats.parses} (${share(stats.refused, stats.parses)} refused); ` +
  `validations ${stats.validated} (${share(stats.invalid, stats.validated)} with errors, ${share(stats.impossible, stats.validated)} with impossible policies); schemas ${stats.schemas} (${share(stats.badSchemas, stats.schemas)} refused)`);
if (rare.length) console.log("too rare: " + rare.map((o) => `${o} ${counts[o] ?? 0}`).join(", "));
if (thin) console.log("too few of some decision");
const kinds = [...new Set(differences)].map((k) => `${k} ${differences.filter((d) => d === k).length}`).join(", ");
console.log(`seed ${seed}: ${differences.length} differences${kinds ? ` (${kinds})` : ""}`);
process.exit(differences.length || (!only && (rare.length || thin)) ? 1 : 0);
