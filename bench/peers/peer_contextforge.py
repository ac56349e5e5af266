"""ContextForge, an MCP gateway, on its default database (SQLite) with a worker per core.

Its rate limit would be all that is measured, and it refuses servers on this machine: both are switched off. The mock server
is registered through its API, as its documentation says.
"""
import json
import subprocess
import urllib.request

import common
import peer

SECRET = "a secret of the benchmark, no secret"
ENV = {"HOST": "127.0.0.1", "JWT_SECRET_KEY": SECRET, "AUTH_REQUIRED": "false", "MCPGATEWAY_UI_ENABLED": "false",
       "MCPGATEWAY_ADMIN_API_ENABLED": "true", "LOG_LEVEL": "ERROR", "RATE_LIMITING_ENABLED": "false", "CACHE_TYPE": "memory",
       "SSRF_ALLOW_LOCALHOST": "true", "SSRF_ALLOW_PRIVATE_NETWORKS": "true"}


class ContextForge(peer.Peer):
    name = "contextforge"
    made_of = "PyPI mcp-contextforge-gateway"
    serves_model = False
    serves_mcp = True
    tool = "bench-echo"
    version = "1.0.7.post20260921"

    def install(self):
        self.folder = peer.venv("contextforge", ["mcp-contextforge-gateway==" + self.version])
        return self.version

    def start(self, folder, upstreams, workers):
        env = {**ENV, "DATABASE_URL": "sqlite:///%s/mcp.db" % folder}
        port = common.free_port()
        # The first start makes the tables; workers that do so at once get into each other's way.
        self.run([self.folder / "bin/mcpgateway", "--host", "127.0.0.1", "--port", port, "--workers", 1], folder, env)
        base = "http://127.0.0.1:%d" % port
        self.wait_for(base + "/health")
        token = subprocess.run([self.folder / "bin/python", "-m", "mcpgateway.utils.create_jwt_token", "--username", "admin@example.com",
                                "--admin", "--exp", "10080", "--secret", SECRET], cwd=folder, env={**ENV, "HOME": str(folder)},
                               capture_output=True, text=True).stdout.strip().splitlines()
        if not token:
            raise common.Failed("contextforge made no token")
        self.headers = {"authorization": "Bearer " + token[-1]}
        server = {"name": "bench", "url": upstreams.mcp, "transport": "STREAMABLEHTTP"}
        request = urllib.request.Request(base + "/gateways", json.dumps(server).encode(), {**self.headers, "content-type": "application/json"})
        urllib.request.urlopen(request, timeout=60).close()
        if workers > 1:
            self.stop()
            self.run([self.folder / "bin/mcpgateway", "--host", "127.0.0.1", "--port", port, "--workers", workers,
                      "--timeout-worker-healthcheck", 120], folder, env)
            self.wait_for(base + "/health")
        self.mcp_url = base + "/mcp"
