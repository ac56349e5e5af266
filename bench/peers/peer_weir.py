"""weir in one of its modes, with the policies and manifests that it comes with, and one for the mock MCP server."""
import shutil
import subprocess

import common
import peer

CONFIG = """
listen = "127.0.0.1:0"
mode = "{mode}"
manifests = ["{manifest}"]
[upstream.bench]
url = "{model}"
[[server]]
name = "bench"
url = "{mcp}"
"""


class Weir(peer.Peer):
    made_of = "this checkout"
    anew = True
    serves_mcp = True
    tool = "bench__echo"

    def __init__(self, mode):
        super().__init__()
        self.mode, self.name = mode, "weir " + mode

    def install(self):
        # A copy: who builds meanwhile does not change what is measured.
        peer.CACHE.mkdir(parents=True, exist_ok=True)
        self.program = shutil.copy2(common.BUILD / "weir", peer.CACHE / "weir")
        commit = subprocess.run(["git", "-C", common.ROOT, "describe", "--always", "--dirty", "--exclude=*"], capture_output=True, text=True)
        return commit.stdout.strip() or "?"

    def start(self, folder, upstreams, workers):
        config = folder / "weir.toml"
        config.write_text(CONFIG.format(mode=self.mode, model=upstreams.model, mcp=upstreams.mcp,
                                        manifest=common.ROOT / "tests/mcp/manifests/bench.toml"))
        self.run([self.program, "up", "--config", config], folder, {"WEIR_DATA": str(folder / "data")})
        base = self.wait_for_line("weir: listening on").split("listening on", 1)[1].strip()
        self.url, self.mcp_url = base + "/v1", base + "/mcp"
        self.headers = {"weir-token": (folder / "data/token").read_text().strip()}
