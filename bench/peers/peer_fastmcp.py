"""FastMCP's proxy in front of one server: one process."""
import common
import peer


class FastMCP(peer.Peer):
    name = "fastmcp"
    made_of = "PyPI fastmcp (fastmcp run URL)"
    serves_model = False
    serves_mcp = True
    version = "4.2.3"

    def install(self):
        self.folder = peer.venv("fastmcp", ["fastmcp==" + self.version])
        return self.version

    def start(self, folder, upstreams, workers):
        port = common.free_port()
        self.run([self.folder / "bin/fastmcp", "run", upstreams.mcp, "--transport", "http", "--host", "127.0.0.1", "--port", port,
                  "--log-level", "ERROR", "--no-banner"], folder, {"FASTMCP_CHECK_FOR_UPDATES": "off"})
        self.mcp_url = "http://127.0.0.1:%d/mcp" % port
        self.wait_for(self.mcp_url)
