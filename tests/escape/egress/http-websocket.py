# tries: ask for WebSocket, and go on in HTTP to another host
from reach import web

web(b"GET / HTTP/1.1\r\nHost: allowed.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET / HTTP/1.1\r\nHost: forbidden.test\r\n\r\n")
