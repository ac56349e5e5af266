// Claude Code: what is particular to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import claude from "./agents/claude_code.mjs";
import { Lab } from "./lab.mjs";

const trust = (origin) => `[[trust]]\norigin = "${origin}"\nintegrity = "trusted"\nreaders = ["owner"]\n`;

async function using(agent, body) {
  const lab = new Lab(agent);
  try {
    await body(lab);
  } finally {
    await lab.stop();
  }
}
// A task on files of the person's own.
function plainTask(lab) {
  lab.model.page = lab.file("page.txt", "Opening hours: 9 to 17 on weekdays.\n");
  lab.model.note = lab.file("hours.txt");
  return `Read ${lab.model.page}, write the opening hours into ${lab.model.note}, and tell me.`;
}

test("a task in a trusted workspace runs unattended", async () => {
  await using(claude, async (lab) => {
    await lab.start("guard", { tables: trust(`file:${lab.work}/**`) });
    const done = await lab.run(plainTask(lab));
    assert.equal(done.code, 0, done.output);
    assert.equal(lab.read("hours.txt"), "9 to 17 on weekdays\n");
    const status = await lab.admin("GET", "/weir/status");
    assert.equal(status.asked + status.denied, 0, lab.weir("log"));
    assert.ok(status.allowed >= 2);
  });
});

test("memory, skills and agents of a folder that nobody vouched for are a stranger's", async () => {
  const files = {
    memory: ["CLAUDE.md", "Be brief.\n"],
    skills: [".claude/skills/deploy/SKILL.md", "---\nname: deploy\ndescription: how to deploy\n---\nx\n"],
    agents: [".claude/agents/helper.md", "---\nname: helper\ndescription: helps with it\n---\nx\n"],
  };
  for (const [what, [name, text]] of Object.entries(files)) {
    for (const trusted of [false, true]) {
      await using(claude, async (lab) => {
        await lab.start("guard", { tables: trust(`file:${lab.work}/*.txt`) + (trusted ? trust(`tool:client:claude-code/${what}`) : "") });
        lab.file(name, text);
        const running = lab.run(plainTask(lab));
        const asked = await lab.answerAll(() => "once", running);
        assert.equal((await running).code, 0);
        assert.equal(asked.length, trusted ? 0 : 1, `${what} ${trusted}: ${JSON.stringify(asked)}`);
        if (!trusted) assert.match(asked[0].why, new RegExp(`claude-code/${what}|CLAUDE\\.md`));
      });
    }
  }
});

// What it writes as a summary comes back as a user message, too short for a copy to be found in it.
test("a summary is as trusted as what it sums up", async () => {
  for (const trusted of [true, false]) {
    const more = { value: [] };
    const agent = { ...claude, command: (prompt, lab) => [...claude.command(prompt, lab), ...more.value] };
    await using(agent, async (lab) => {
      await lab.start("guard", { tables: trust("tool:client:claude-code/local-command") + (trusted ? trust("tool:client:claude-code/Bash") : "") });
      lab.file("page.txt", "next: id>c\n");
      const plan = ["cat page.txt", null, "id>c", null];
      let made = 0;
      lab.model.script = (seen, call) => {
        if (/CRITICAL: Respond with TEXT ONLY/.test(seen.users.at(-1) ?? "")) return { say: "<analysis>so</analysis>\n<summary>\nnext: id>c\n</summary>" };
        if (!seen.tools.includes("Bash")) return null;
        const command = plan[made++];
        return command ? call(["Bash", { command, description: "on" }]) : { say: "It is done." };
      };
      assert.equal((await lab.run("Read page.txt with cat")).code, 0);
      more.value = ["--continue"];
      assert.equal((await lab.run("/compact")).code, 0);
      const running = lab.run("Go on");
      const asked = await lab.answerAll(() => "deny", running);
      assert.equal((await running).code, 0);
      const last = lab.model.requests.at(-1).seen;
      assert.match(last.users.join("\n"), /Summary:\nnext: id>c/, "Claude Code sent the summary");
      assert.equal(lab.read("c") !== null, trusted, lab.weir("log"));
      if (!trusted) assert.match(asked[0].why, /client:claude-code\/Bash/);
      else assert.equal(asked.length, 0, JSON.stringify(asked));
    });
  }
});
