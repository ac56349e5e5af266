set -eu
# text tools, pipes, a here-document, files in the workspace and in /tmp
printf 'b\na\n' | sort | tr a-z A-Z > sorted.txt
grep -q '^A$' sorted.txt
cp sorted.txt /tmp/copy && cmp sorted.txt /tmp/copy
mkdir -p deep/er && mv sorted.txt deep/er/ && ln -s deep/er link && cat link/sorted.txt > /dev/null
echo hello > /dev/stderr
[ "$(pwd)" = "$PWD" ]
touch "$HOME/scratch" && [ -e "$HOME/scratch" ]
