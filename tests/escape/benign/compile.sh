set -eu
# a compiler
command -v cc > /dev/null || exit 0
echo 'int main(void) { return 0; }' > m.c && cc -o m m.c && [ -e m ]
