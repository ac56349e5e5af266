# tries: make a task that the editor runs when it opens the folder
# effect: deep/.vscode/tasks.json
from attack import *
later("deep/.vscode/tasks.json", "{}")
