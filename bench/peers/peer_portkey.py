"""Portkey's gateway: one Node process; the upstream is named by each request.

With the newest @hono/node-server that its package.json allows every stream fails ("immutable" headers); the one named
here is the newest that was tried and works.
"""
import json
import shutil

import common
import peer

MANIFEST = {"private": True, "dependencies": {"@portkey-ai/gateway": "1.15.2"}, "overrides": {"@hono/node-server": "1.13.8"}}


class Portkey(peer.Peer):
    name = "portkey"
    made_of = "npm @portkey-ai/gateway"

    def install(self):
        self.node = shutil.which("node")
        if self.node is None:
            raise peer.Missing("node is missing: apt-get install nodejs npm")
        self.folder = peer.npm("portkey", json.dumps(MANIFEST))
        return MANIFEST["dependencies"]["@portkey-ai/gateway"]

    def start(self, folder, upstreams, workers):
        port = common.free_port()
        self.run([self.node, self.folder / "node_modules/@portkey-ai/gateway/build/start-server.js", "--port=%d" % port, "--headless"],
                 folder, {"NODE_ENV": "production"})
        self.url = "http://127.0.0.1:%d/v1" % port
        self.headers = {"authorization": "Bearer none", "x-portkey-provider": "openai", "x-portkey-custom-host": upstreams.model}
        self.wait_for("http://127.0.0.1:%d/" % port)
