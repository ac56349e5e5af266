"""TensorZero's gateway, the one that its Python package brings (Rust, all cores), without its database.

The package starts it in a process of Python that then only waits. It answers in the OpenAI form at a path of its own, and
wants a name for each model.
"""
import peer

CONFIG = "[gateway]\nobservability.enabled = false\n"
MODEL = """
[models.{name}]
routing = ["mock"]
[models.{name}.providers.mock]
type = "openai"
model_name = "{name}"
api_base = "{url}/"
api_key_location = "none"
"""
PROGRAM = """
import sys, threading
from tensorzero.tensorzero import _start_http_gateway
gateway = _start_http_gateway(config_file=sys.argv[1], clickhouse_url=None, postgres_url=None, valkey_url=None, async_setup=False)
print("at", gateway.base_url, flush=True)
threading.Event().wait()
"""


class TensorZero(peer.Peer):
    name = "tensorzero"
    made_of = "PyPI tensorzero (its HTTP gateway)"
    version = "2026.6.0"

    def install(self):
        self.folder = peer.venv("tensorzero", ["tensorzero==" + self.version])
        return self.version

    def start(self, folder, upstreams, workers):
        config = folder / "tensorzero.toml"
        config.write_text(CONFIG + "".join(MODEL.format(name=name, url=upstreams.model) for name in ("text", "tool")))
        self.run([self.folder / "bin/python", "-c", PROGRAM, config], folder, {"RUST_LOG": "error"})
        self.url = self.wait_for_line("at http://").split()[1]

    def model(self, reply):
        return "tensorzero::model_name::" + reply
