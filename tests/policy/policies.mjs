// Random policies for a random schema: mostly well typed, now and then not.
import { BAD, BOOL, LITERALS, LONG, LONGS, randomType, STRING, STRINGS, TAGS, isRecord, randomUid, same } from "./world.mjs";

const IDENTIFIER = /^(?!(true|false|if|then|else|in|is|like|has|__cedar)$)[A-Za-z_][A-Za-z0-9_]*$/;

export function quote(text) {
  return '"' + text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n") + '"';
}
export const uidText = (uid) => `${uid.type}::${quote(uid.id)}`;
export const OPERATORS = ["&&", "||", "!", "==", "!=", "<", "<=", ">", ">=", "in", "is", "is in", "has", "has.", ".", "[]", "like", "if", "+", "-",
  "*", "neg", "contains", "containsAll", "containsAny", "isEmpty", "hasTag", "getTag", "set", "record", "decimal", "ip", "datetime", "duration",
  "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual", "isIpv4", "isIpv6", "isLoopback", "isMulticast", "isInRange", "offset",
  "durationSince", "toDate", "toTime", "toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays", "template", "unless",
  "scope ==", "scope in", "scope is", "scope is in", "action ==", "action in", "action in []"];

export class PolicyGenerator {
  // `wild`: percent of places where the type is ignored.
  constructor(r, schema, wild, counts) {
    Object.assign(this, { r, schema, wild, counts });
  }

  use(operator) { this.counts[operator] = (this.counts[operator] ?? 0) + 1; }

  // { text, slots: {"?principal": type name, …}, target: what its scope may match }
  policy() {
    const { r } = this;
    const actions = Object.values(this.schema.actions);
    const usable = actions.filter((a) => a.principals.length);
    this.action = r.pick(usable.length ? usable : actions);
    this.principal = r.pick(this.action.principals.length ? this.action.principals : this.schema.names);
    this.resource = r.pick(this.action.resources.length ? this.action.resources : this.schema.names);
    this.slots = {};
    this.exact = {};
    const template = r.chance(12);
    const scope = [this.scope("principal", this.principal, template), this.actionScope(), this.scope("resource", this.resource, template)];
    let text = `${r.chance(76) ? "permit" : "forbid"}(${scope.join(", ")}${r.chance(10) ? "," : ""})`;
    if (r.chance(10)) text = `@note(${quote(r.pick(STRINGS))}) ${text}`;
    for (let i = r.pick([0, 0, 1, 1, 1, 1, 1, 2]); i > 0; --i) {
      const unless = r.chance(25);
      if (unless) this.use("unless");
      text += ` ${unless ? "unless" : "when"} { ${this.boolean(r.below(4) + 1)} }`;
    }
    const target = { principal: this.principal, action: this.action, resource: this.resource, exact: this.exact };
    return { text: text + ";", slots: this.slots, target };
  }

  scope(variable, type, template) {
    const { r } = this;
    const ancestors = [type, ...(this.schema.types[type].parents.length ? this.schema.types[type].parents : [type])];
    const target = (name) => {
      if (!template || !r.chance(60)) return uidText(this.exact[variable] = randomUid(r, name, this.schema));
      this.use("template");
      this.slots[`?${variable}`] = name;
      return `?${variable}`;
    };
    switch (r.below(template ? 6 : 12)) {
      case 0: case 1: this.use("scope =="); return `${variable} == ${target(type)}`;
      case 2: this.use("scope in"); return `${variable} in ${target(r.pick(ancestors))}`;
      case 3: this.use("scope is in"); return `${variable} is ${this.typeName(type)} in ${target(r.pick(ancestors))}`;
      case 4: case 6: case 7: this.use("scope is"); return `${variable} is ${this.typeName(type)}`;
      default: return variable;
    }
  }

  actionScope() {
    const { r } = this;
    const uids = [this.action.uid, ...this.action.parents];
    switch (r.below(6)) {
      case 0: this.use("action in"); return `action in ${uidText(r.pick(uids))}`;
      case 1: this.use("action in []"); return `action in [${r.some(uids, 80).map(uidText).join(", ")}]`;
      case 2: return "action";
      default: this.use("action =="); return `action == ${uidText(this.action.uid)}`;
    }
  }

  typeName(name) { return this.r.chance(this.wild / 2) ? this.r.pick([...this.schema.names, "Nobody"]) : name; }

  // A boolean expression. What its operands need to exist (optional attributes, tags) is asked first, mostly.
  boolean(depth) {
    const { r } = this;
    if (depth > 0) {
      switch (r.below(9)) {
        case 0: case 1: case 2: this.use("&&"); return `${this.boolean(depth - 1)} && ${this.boolean(depth - 1)}`;
        case 3: this.use("||"); return `(${this.boolean(depth - 1)} || ${this.boolean(depth - 1)})`;
        case 4: this.use("!"); return `!(${this.boolean(depth - 1)})`;
        case 5: this.use("if"); return `(if ${this.boolean(depth - 1)} then ${this.boolean(depth - 1)} else ${this.boolean(depth - 1)})`;
      }
    }
    this.guards = [];
    const test = this.test();
    const guards = r.chance(90) ? [...new Set(this.guards)] : [];
    return guards.length ? `(${[...guards, test].join(" && ")})` : test;
  }

  test() {
    const { r } = this;
    const type = () => randomType(r, this.schema.names, 1);
    switch (r.below(17)) {
      case 16: {
        this.use("==");
        return `${this.long(3)} == ${this.value(LONG, 1)}`;
      }
      case 0: return r.chance(60) ? "true" : this.value(BOOL, 1);
      case 1: case 2: {
        const t = type(), op = r.pick(["==", "!="]);
        this.use(op);
        return `${this.value(t, 2)} ${op} ${this.value(t, 2)}`;
      }
      case 3: case 4: {
        const t = r.pick([LONG, LONG, { k: "datetime" }, { k: "duration" }]), op = r.pick(["<", "<=", ">", ">="]);
        this.use(op);
        return `${this.value(t, 2)} ${op} ${this.value(t, 2)}`;
      }
      case 5: case 6: return this.membership();
      case 7: this.use("is"); return `${this.entity()} is ${this.typeName(r.pick(this.schema.names))}`;
      case 8: {
        this.use("is in");
        const name = r.pick(this.schema.names);
        return `${this.entity()} is ${this.typeName(name)} in ${this.value({ k: "Entity", name }, 1)}`;
      }
      case 9: return this.has();
      case 10: {
        this.use("like");
        return `${this.value(STRING, 1)} like ${r.pick(['"*"', '"a*"', '"*b"', '"a\\*b"', '"*\\u{e9}*"', '"abc"', '"**c"', '"a*b*c"'])}`;
      }
      case 11: case 12: return this.setTest();
      case 13: {
        const method = r.pick(["lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"]);
        this.use(method);
        return `${this.value({ k: "decimal" }, 1)}.${method}(${this.value({ k: "decimal" }, 1)})`;
      }
      case 14: {
        const method = r.pick(["isIpv4", "isIpv6", "isLoopback", "isMulticast", "isInRange", "isInRange"]);
        this.use(method);
        return `${this.value({ k: "ip" }, 1)}.${method}(${method === "isInRange" ? this.value({ k: "ip" }, 1) : ""})`;
      }
      default: {
        this.use("hasTag");
        return `${this.entity()}.hasTag(${this.value(STRING, 0)})`;
      }
    }
  }

  entity() { return this.value({ k: "Entity", name: this.r.pick(this.schema.names) }, 1); }

  membership() {
    const { r } = this;
    this.use("in");
    const left = r.chance(50) ? r.pick(["principal", "resource", "action"]) : this.entity();
    const name = r.pick(this.schema.names);
    if (left === "action") return `action in ${r.chance(50) ? uidText(r.pick(Object.values(this.schema.actions)).uid) : `[${Object.values(this.schema.actions).map((a) => uidText(a.uid)).join(", ")}]`}`;
    return `${left} in ${this.value(r.chance(50) ? { k: "Entity", name } : { k: "Set", element: { k: "Entity", name } }, 1)}`;
  }

  has() {
    const { r } = this;
    const base = r.pick(["context", "principal", "resource", this.entity()]);
    const name = r.pick(["a", "b", "age", "name", "owner", "x y", "level", "if", "nope"]);
    if (IDENTIFIER.test(name) && r.chance(25)) {
      this.use("has.");
      return `${base} has ${name}.${r.pick(["a", "b", "name"])}`;
    }
    this.use("has");
    return `${base} has ${IDENTIFIER.test(name) && r.chance(70) ? name : quote(name)}`;
  }

  setTest() {
    const { r } = this;
    const element = randomType(r, this.schema.names, 0);
    const set = this.value({ k: "Set", element }, 1);
    const method = r.pick(["contains", "containsAll", "containsAny", "isEmpty"]);
    this.use(method);
    if (method === "isEmpty") return `${set}.isEmpty()`;
    return `${set}.${method}(${this.value(method === "contains" ? element : { k: "Set", element }, 1)})`;
  }

  // An expression of the type.
  value(type, depth) {
    const { r } = this;
    if (r.chance(this.wild)) type = randomType(r, this.schema.names, 0);
    if (r.chance(45)) {
      const path = this.path(type);
      if (path) return path;
    }
    if (depth > 0 && r.chance(8)) {
      this.use("if");
      return `(if ${r.chance(50) ? this.has() : r.pick(["true", "false"])} then ${this.value(type, depth - 1)} else ${this.value(type, depth - 1)})`;
    }
    return this.made(type, depth);
  }

  made(type, depth) {
    const { r } = this;
    switch (type.k) {
      case "Bool": return depth > 0 && r.chance(50) ? `(${this.has()})` : r.pick(["true", "false"]);
      case "Long": return this.long(depth);
      case "String": return quote(r.pick(STRINGS));
      case "Entity": return uidText(randomUid(r, type.name, this.schema));
      case "Set": {
        this.use("set");
        const count = r.chance(8) ? 0 : r.below(3) + 1;
        return `[${Array.from({ length: count }, () => this.value(type.element, depth - 1)).join(", ")}]`;
      }
      case "Record": {
        this.use("record");
        return `{${Object.entries(type.attributes).filter(([, a]) => a.required || r.chance(50)).map(([n, a]) => `${IDENTIFIER.test(n) ? n : quote(n)}: ${this.value(a.type, depth - 1)}`).join(", ")}}`;
      }
      default: return this.extension(type.k, depth);
    }
  }

  long(depth) {
    const { r } = this;
    if (depth <= 0 || r.chance(40)) {
      const text = r.chance(85) ? r.pick(["0", "1", "2", "3", "7"]) : r.pick(LONGS);
      return text.startsWith("-") ? `(${text})` : text;
    }
    switch (r.below(6)) {
      case 0: case 1: case 2: {
        const op = r.pick(["+", "-", "*"]);
        this.use(op);
        return `(${this.value(LONG, depth - 1)} ${op} ${this.value(LONG, depth - 1)})`;
      }
      case 3: this.use("neg"); return `(-${this.value(LONG, depth - 1)})`;
      default: {
        const method = r.pick(["toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays"]);
        this.use(method);
        return `${this.value({ k: "duration" }, depth - 1)}.${method}()`;
      }
    }
  }

  extension(kind, depth) {
    const { r } = this;
    if (depth > 0 && r.chance(45)) {
      if (kind === "datetime") {
        const date = this.value({ k: "datetime" }, depth - 1);
        const method = r.pick(["offset", "toDate"]);
        this.use(method);
        return `${date}.${method}(${method === "offset" ? this.value({ k: "duration" }, depth - 1) : ""})`;
      }
      if (kind === "duration") {
        const date = this.value({ k: "datetime" }, depth - 1);
        const method = r.pick(["durationSince", "toTime"]);
        this.use(method);
        return `${date}.${method}(${method === "durationSince" ? this.value({ k: "datetime" }, depth - 1) : ""})`;
      }
    }
    this.use(kind);
    if (r.chance(this.wild)) return `${kind}(${this.value(STRING, 0)})`;
    return `${kind}(${quote(r.pick(r.chance(this.wild) ? BAD[kind] : LITERALS[kind]))})`;
  }

  // A way from a variable to a value of the type, or null. Adds what must exist to this.guards.
  path(type) {
    const { r } = this;
    const found = [];
    const walk = (text, t, guards, steps) => {
      if (same(t, type)) found.push({ text, guards });
      if (steps === 0) return;
      const attributes = isRecord(t) ? t.attributes : t.k === "Entity" ? this.schema.types[t.name]?.attributes ?? {} : {};
      for (const [name, a] of Object.entries(attributes)) {
        const dotted = IDENTIFIER.test(name);
        const guard = a.required && !r.chance(3) ? [] : [`${text} has ${dotted ? name : quote(name)}`];
        walk(dotted && !r.chance(10) ? `${text}.${name}` : `${text}[${quote(name)}]`, a.type, [...guards, ...guard], steps - 1);
      }
      const tags = t.k === "Entity" ? this.schema.types[t.name]?.tags : null;
      if (tags) {
        const tag = quote(r.pick(TAGS));
        walk(`${text}.getTag(${tag})`, tags, [...guards, `${text}.hasTag(${tag})`], steps - 1);
      }
    };
    walk("principal", { k: "Entity", name: this.principal }, [], 2);
    walk("resource", { k: "Entity", name: this.resource }, [], 2);
    walk("context", { k: "Record", attributes: this.action.context }, [], 2);
    if (!found.length) return null;
    const chosen = r.pick(found);
    for (const [op, mark] of [["getTag", ".getTag("], ["hasTag", ".getTag("], ["[]", "["], [".", "."]]) if (chosen.text.includes(mark)) this.use(op);
    if (chosen.guards.some((g) => g.includes(" has "))) this.use("has");
    (this.guards ??= []).push(...chosen.guards);
    return r.chance(this.wild / 3) && /\.\w+$/.test(chosen.text) ? chosen.text + "s" : chosen.text;
  }
}
