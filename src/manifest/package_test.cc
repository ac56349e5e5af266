#include "manifest/package.h"

#include <gtest/gtest.h>

namespace weir::manifest {
namespace {

std::string name_of(const std::vector<std::string>& command) {
  const auto names = server_names_of(command);
  return names.empty() ? "" : names.front();
}

TEST(Package, IsFoundWhereTheCommandSaysItPlainly) {
  const std::string fs = "npm:@modelcontextprotocol/server-filesystem";
  EXPECT_EQ(name_of({"npx", "-y", "@modelcontextprotocol/server-filesystem", "/srv"}), fs);
  EXPECT_EQ(name_of({"/usr/bin/npx", "--yes", "@modelcontextprotocol/server-filesystem@2026.8.31"}), fs);
  EXPECT_EQ(name_of({"npx", "@modelcontextprotocol/server-filesystem@latest", "-y"}), fs);
  EXPECT_EQ(name_of({"npx", "--registry", "http://127.0.0.1:1", "@modelcontextprotocol/server-filesystem"}),
            fs);
  EXPECT_EQ(name_of({"npx", "-p", "@modelcontextprotocol/server-filesystem", "mcp-server-filesystem"}), fs);
  EXPECT_EQ(name_of({"npx", "--package=@modelcontextprotocol/server-filesystem", "x"}), fs);
  EXPECT_EQ(name_of({"npm", "exec", "-y", "--", "@modelcontextprotocol/server-filesystem", "/srv"}), fs);
  EXPECT_EQ(name_of({"pnpm", "dlx", "@modelcontextprotocol/server-filesystem"}), fs);
  EXPECT_EQ(name_of({"bunx", "@modelcontextprotocol/server-filesystem"}), fs);
  EXPECT_EQ(name_of({"env", "A=b", "npx", "-y", "@modelcontextprotocol/server-filesystem"}), fs);
  EXPECT_EQ(name_of({"cmd", "/c", "npx", "-y", "@modelcontextprotocol/server-filesystem"}), fs);
  EXPECT_EQ(
      name_of({"node", "/a/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js", "/srv"}), fs);
  EXPECT_EQ(name_of({"node", "--no-warnings", "--import", "tsx", "node_modules/tavily-mcp/build/index.js"}),
            "npm:tavily-mcp");
  EXPECT_EQ(name_of({"/a/node_modules/x/node_modules/tavily-mcp/cli.js"}), "npm:tavily-mcp");
  EXPECT_EQ(name_of({"uvx", "mcp-server-fetch"}), "pypi:mcp-server-fetch");
  EXPECT_EQ(name_of({"uvx", "--python", "3.12", "mcp_server.Git[extra]==1.0", "--repository", "/r"}),
            "pypi:mcp-server-git");
  EXPECT_EQ(name_of({"uvx", "--from", "mcp-server-git>=1", "other"}), "pypi:mcp-server-git");
  EXPECT_EQ(name_of({"uv", "tool", "run", "mcp-server-time@latest"}), "pypi:mcp-server-time");
  EXPECT_EQ(name_of({"pipx", "run", "--spec", "mcp-server-time", "x"}), "pypi:mcp-server-time");
  EXPECT_EQ(name_of({"/venv/bin/python3.11", "-u", "-m", "mcp_server_fetch"}), "pypi:mcp-server-fetch");
  EXPECT_EQ(name_of({"/opt/github-mcp-server", "stdio"}), "command:github-mcp-server");
}

TEST(Package, IsNotGuessed) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {},
           {"npx"},
           {"npx", "-y"},
           {"npx", "--unheard-of", "@modelcontextprotocol/server-filesystem", "real-one"},
           {"npx", "-c", "@modelcontextprotocol/server-filesystem"},
           {"npx", "-p", "a", "-p", "b", "c"},
           {"npx", "./server"},
           {"npx", "../node_modules"},
           {"npx", "github:a/b"},
           {"npx", "@scope"},
           {"npx", "@modelcontextprotocol/server-filesystem@npm:evil"},
           {"npx", "https://example.com/x.tgz"},
           {"npm", "run", "start"},
           {"yarn", "start"},
           {"node", "server.js"},
           {"node", "-e", "node_modules/tavily-mcp/x.js"},
           {"node", "/a/node_modules/../evil/x.js"},
           {"node", "/a/my_node_modules/tavily-mcp/x.js"},
           {"/a/node_modules/.bin/sh"},
           {"python3", "server.py"},
           {"python3", "-c", "import mcp_server_fetch"},
           {"uvx", "git+https://example.com/mcp-server-fetch"},
           {"uvx", "--from", "./mcp-server-fetch", "mcp-server-fetch"},
           {"uv", "run", "mcp-server-fetch"},
           {"bash", "-c", "npx -y @modelcontextprotocol/server-filesystem"},
           {"docker", "run", "mcp/fetch"},
           {"env", "-i", "npx", "-y", "tavily-mcp"}}) {
    EXPECT_EQ(name_of(command), "") << (command.empty() ? "" : command.back());
  }
}

TEST(Package, AUrlIsKnownByItsHost) {
  EXPECT_EQ(server_names_of_url("https://MCP.Linear.app/mcp?x=1"),
            std::vector<std::string>{"https://mcp.linear.app"});
  EXPECT_EQ(server_names_of_url("https://a.example:443"), std::vector<std::string>{"https://a.example"});
  EXPECT_TRUE(server_names_of_url("http://mcp.linear.app/mcp").empty());
  EXPECT_TRUE(server_names_of_url("https://user@mcp.linear.app/mcp").empty());
  EXPECT_TRUE(server_names_of_url("https:///x").empty());
}

}  // namespace
}  // namespace weir::manifest
