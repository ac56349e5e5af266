"""LangGraph: a ReAct graph on Chat Completions. OPENAI_BASE_URL and OPENAI_API_KEY say where weir is."""
import sys

import tools
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI

graph = create_agent(ChatOpenAI(model="m"), [tools.read_file, tools.write_file, tools.run_command],
                     system_prompt="You do what the user asks for.")
state = graph.invoke({"messages": [("user", sys.argv[1])]})
print(state["messages"][-1].content)
