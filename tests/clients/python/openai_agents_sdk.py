"""The OpenAI Agents SDK: its runner, the Responses API, streamed. OPENAI_BASE_URL and OPENAI_API_KEY say where weir is."""
import asyncio
import sys

import tools
from agents import Agent, Runner, function_tool, set_tracing_disabled


async def main(prompt):
    set_tracing_disabled(True)  # traces would go past weir, to the provider
    own = [function_tool(each) for each in (tools.read_file, tools.write_file, tools.run_command)]
    agent = Agent(name="clerk", instructions="You do what the user asks for.", model="m", tools=own)
    run = Runner.run_streamed(agent, prompt)
    async for _ in run.stream_events():
        pass
    print(run.final_output)


asyncio.run(main(sys.argv[1]))
