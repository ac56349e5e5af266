# tries: make settings for an agent, with a hook that it runs
# effect: .claude/settings.json
from attack import *
later(".claude/settings.json", "{}")
