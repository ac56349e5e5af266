"""LiteLLM's proxy, as its documentation recommends for production: a worker per core, logs of errors only, no database."""
import common
import peer

CONFIG = """
model_list:
  - model_name: "*"
    litellm_params: {{ model: "openai/*", api_base: "{model}", api_key: "none" }}
mcp_servers:
  bench: {{ url: "{mcp}", transport: "http" }}
general_settings: {{ master_key: "sk-bench" }}
litellm_settings: {{ request_timeout: 600 }}
"""


class LiteLLM(peer.Peer):
    name = "litellm"
    made_of = "PyPI litellm[proxy]"
    serves_mcp = True
    tool = "bench-echo"
    version = "1.108.7"  # the newest whose extra "proxy" can be had whole

    def install(self):
        self.folder = peer.venv("litellm", ["litellm[proxy]==" + self.version])
        return self.version

    def start(self, folder, upstreams, workers):
        config, port = folder / "config.yaml", common.free_port()
        config.write_text(CONFIG.format(model=upstreams.model, mcp=upstreams.mcp))
        # Its workers take longer to start, together, than it waits by default before it starts them anew.
        self.run([self.folder / "bin/litellm", "--config", config, "--host", "127.0.0.1", "--port", port, "--num_workers", workers,
                  "--timeout_worker_healthcheck", 120], folder,
                 {"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"})
        base = "http://127.0.0.1:%d" % port
        self.headers = {"authorization": "Bearer sk-bench"}
        self.url, self.mcp_url = base + "/v1", base + "/mcp/"
        self.wait_for(base + "/health/liveliness")
