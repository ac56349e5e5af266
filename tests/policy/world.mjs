// Random worlds: a schema, entities and requests that (mostly) fit it.
// Everything comes from one seeded generator, so that a seed names a run.

export class Random { // sfc32
  constructor(seed, stream) {
    Object.assign(this, { a: seed | 0, b: stream | 0, c: 0x9e3779b9 | 0, counter: 1 });
    for (let i = 0; i < 16; ++i) this.next();
  }
  next() {
    const t = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21 | this.c >>> 11) + t) | 0;
    return t >>> 0;
  }
  below(n) { return this.next() % n; }
  chance(percent) { return this.below(100) < percent; }
  pick(list) { return list[this.below(list.length)]; }
  some(list, percent) { return list.filter(() => this.chance(percent)); }
}

const ATTRIBUTES = ["a", "b", "age", "name", "owner", "x y", "level", "since", "if", "net"];
export const TAGS = ["t", "u", "x y", ""];
export const STRINGS = ["", "a", "b", "abc", "a*b", "é", "x\ny", "\u{1f600}z", "1.0", "\\", "\"q\""];
export const LONGS = ["0", "1", "2", "-1", "7", "9223372036854775807", "-9223372036854775808", "4611686018427387904"];
export const DECIMALS = ["0.0", "1.5", "-1.5", "1.0", "1.0000", "922337203685477.5807", "-922337203685477.5808", "0.1234"];
export const IPS = ["127.0.0.1", "10.0.0.1", "10.0.0.0/8", "10.1.2.3/16", "::1", "ff02::1", "fe80::/10", "0.0.0.0/0", "::/0",
  "224.0.0.1", "127.0.0.0/8", "1:2:3:4:5:6:7:8/64", "10.0.0.1/32"];
export const DATETIMES = ["1970-01-01", "2024-02-29", "2024-10-15T11:38:02.101-0134", "1969-12-31T23:59:59.999Z", "0000-01-01",
  "9999-12-31T23:59:59Z", "2024-01-01T00:00:00+2359", "2024-02-29T00:00:00.000Z"];
export const DURATIONS = ["0ms", "1d", "-1d", "1h30m", "1d2h3m4s5ms", "9223372036854775807ms", "-9223372036854775808ms", "86400s"];
// What is nearly a literal.
export const BAD = {
  decimal: ["", "1", "1.", ".1", "1.23456", "922337203685477.5808", "1.0x", "+1.0"],
  ip: ["", "1.2.3", "256.0.0.1", "10.0.0.1/33", "::1/129", "01.2.3.4", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8:9", "10.0.0.1/08"],
  datetime: ["", "2024-02-30", "2024-1-1", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00+2400", "1900-02-29"],
  duration: ["", "-", "1", "1h1d", "1.5s", "9223372036854775808ms", "1d1d", "106751991168d", "+1s"],
};
export const LITERALS = { decimal: DECIMALS, ip: IPS, datetime: DATETIMES, duration: DURATIONS };

export const LONG = { k: "Long" }, STRING = { k: "String" }, BOOL = { k: "Bool" };
export const isRecord = (t) => t.k === "Record";
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export function randomType(r, entityNames, depth = 2) {
  const kind = r.below(depth > 0 ? 13 : 10);
  if (kind < 2) return BOOL;
  if (kind < 4) return LONG;
  if (kind < 5) return STRING;
  if (kind < 7) return { k: "Entity", name: r.pick(entityNames) };
  if (kind < 10) return { k: r.pick(["decimal", "ip", "datetime", "duration"]) };
  if (kind < 12) return { k: "Set", element: randomType(r, entityNames, depth - 1) };
  return { k: "Record", attributes: randomAttributes(r, entityNames, depth - 1) };
}

function randomAttributes(r, entityNames, depth) {
  const out = {};
  for (const name of r.some(ATTRIBUTES, 35)) out[name] = { type: randomType(r, entityNames, depth), required: r.chance(60) };
  return out;
}

// { types: {name: {parents, attributes, tags, choices}}, actions: {uid text: {name, namespace, parents, principals, resources, context}} }
export function randomSchema(r) {
  const names = ["User", "Group", "App::Doc", "App::Folder"].filter((_, i) => i < 2 || r.chance(75));
  const plain = [...names];
  const types = {};
  if (r.chance(40)) names.push("Color");
  for (const name of plain) {
    types[name] = {
      parents: r.some(plain, 40), attributes: randomAttributes(r, names, 2),
      tags: r.chance(50) ? randomType(r, names, 1) : null, choices: null,
    };
  }
  if (names.includes("Color")) types.Color = { parents: [], attributes: {}, tags: null, choices: ["red", "green"] };
  const actions = {};
  const namespaces = plain.some((n) => n.startsWith("App::")) ? ["", "App"] : [""];
  for (const id of ["view", "edit", "all things", "group"].filter((_, i) => i < 2 || r.chance(60))) {
    const namespace = r.pick(namespaces);
    const parents = r.some(Object.values(actions), 30).map((a) => a.uid);
    const isGroup = id === "group" && r.chance(50);
    const uid = { type: namespace ? `${namespace}::Action` : "Action", id };
    actions[`${uid.type}::${id}`] = {
      uid, namespace, parents, principals: isGroup ? [] : atLeastOne(r, names), resources: isGroup ? [] : atLeastOne(r, names),
      context: randomAttributes(r, names, 2),
    };
  }
  return { types, actions, names };
}

function atLeastOne(r, list) {
  const out = r.some(list, 40);
  return out.length ? out : [r.pick(list)];
}

// The published JSON form of the schema.
export function schemaJson(schema) {
  const out = {};
  const space = (name) => out[name] ??= { entityTypes: {}, actions: {} };
  const type = (t) => {
    switch (t.k) {
      case "Bool": return { type: "Boolean" };
      case "Set": return { type: "Set", element: type(t.element) };
      case "Record": return { type: "Record", attributes: attributes(t.attributes) };
      case "Entity": return { type: "Entity", name: t.name };
      case "Long": case "String": return { type: t.k };
      default: return { type: "Extension", name: t.k === "ip" ? "ipaddr" : t.k };
    }
  };
  const attributes = (list) => Object.fromEntries(Object.entries(list).map(([n, a]) => [n, { ...type(a.type), required: a.required }]));
  for (const [name, t] of Object.entries(schema.types)) {
    const [base, ns] = name.startsWith("App::") ? [name.slice(5), "App"] : [name, ""];
    space(ns).entityTypes[base] = t.choices ? { enum: t.choices } : {
      memberOfTypes: t.parents, shape: { type: "Record", attributes: attributes(t.attributes) }, ...(t.tags && { tags: type(t.tags) }),
    };
  }
  for (const a of Object.values(schema.actions)) {
    space(a.namespace).actions[a.uid.id] = {
      memberOf: a.parents.map((p) => ({ id: p.id, type: p.type })),
      appliesTo: { principalTypes: a.principals, resourceTypes: a.resources, context: { type: "Record", attributes: attributes(a.context) } },
    };
  }
  return out;
}

const IDS = ["x", "y", "a b"];

// A value of the type as entities JSON has it; now and then one that is not.
export function randomValue(r, type, schema) {
  if (r.chance(2)) return r.pick([1, true, "odd", [], {}]);
  switch (type.k) {
    case "Bool": return r.chance(50);
    case "Long": return r.pick([0, 1, 2, -1, 7, 3, 40]);
    case "String": return r.pick(STRINGS);
    case "Entity": return { __entity: randomUid(r, type.name, schema) };
    case "Set": return Array.from({ length: r.below(4) }, () => randomValue(r, type.element, schema));
    case "Record": return randomRecord(r, type.attributes, schema);
    default: return { __extn: { fn: type.k, arg: r.pick(LITERALS[type.k]) } };
  }
}

export function randomRecord(r, attributes, schema) {
  const out = {};
  for (const [name, a] of Object.entries(attributes)) {
    if (r.chance(a.required ? 97 : 60)) out[name] = randomValue(r, a.type, schema);
  }
  return out;
}

export function randomUid(r, typeName, schema) {
  const type = schema.types[typeName];
  return { type: typeName, id: r.pick(type?.choices ?? IDS) };
}

// No cycles: an entity's parents come later in the list.
export function randomEntities(r, schema) {
  const uids = [];
  for (const name of schema.names) {
    for (const id of schema.types[name].choices ?? IDS) if (r.chance(85)) uids.push({ type: name, id });
  }
  for (let i = uids.length - 1; i > 0; --i) {
    const j = r.below(i + 1);
    [uids[i], uids[j]] = [uids[j], uids[i]];
  }
  const out = uids.map((uid, i) => {
    const type = schema.types[uid.type];
    const parents = r.some(uids.slice(i + 1).filter((p) => type.parents.includes(p.type)), 50);
    const tags = type.tags ? Object.fromEntries(r.some(TAGS, 50).map((t) => [t, randomValue(r, type.tags, schema)])) : {};
    return { uid, attrs: randomRecord(r, type.attributes, schema), parents, tags };
  });
  for (const a of Object.values(schema.actions)) out.push({ uid: a.uid, attrs: {}, parents: a.parents, tags: {} });
  return out;
}

// Mostly one that the scope of a policy (a target of PolicyGenerator) lets in.
export function randomRequest(r, schema, targets) {
  const target = r.chance(85) ? r.pick(targets) : null;
  const usable = Object.values(schema.actions).filter((a) => a.principals.length);
  const action = target?.action ?? r.pick(usable.length ? usable : Object.values(schema.actions));
  const uid = (variable, types) => {
    if (target) return target.exact[variable]?.type === target[variable] ? target.exact[variable] : randomUid(r, target[variable], schema);
    return randomUid(r, r.pick(types.length ? types : schema.names), schema);
  };
  return {
    principal: uid("principal", action.principals), action: action.uid, resource: uid("resource", action.resources),
    context: randomRecord(r, action.context, schema),
  };
}
