set -eu
# many short processes, a background process, signals, a named pipe
for i in $(seq 40); do true; done
sleep 5 & kill $! && wait $! || [ $? -eq 143 ]
mkfifo p && (echo x > p &) && [ "$(cat p)" = x ]
timeout 1 sleep 0.01
