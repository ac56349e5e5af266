set -eu
# git in the workspace
command -v git > /dev/null || exit 0
mkdir repo && cd repo && git init -q . && echo a > a && git add a
git -c user.name=x -c user.email=x@x.example commit -qm first && git log --oneline | grep -q first
git clone -q . ../clone && [ -e ../clone/a ]
