# tries: send a signal to all of its process group, whoever is in it
# effect: witness-was-signalled
from attack import *
import signal
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
os.kill(0, signal.SIGUSR1)
not_reached("the witness says whether it came")
