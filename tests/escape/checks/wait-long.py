# tries: stay for fifteen seconds
from attack import *
import time
time.sleep(15)
reached()
