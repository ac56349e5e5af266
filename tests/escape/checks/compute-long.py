# tries: compute for four seconds
from attack import *
import time
while time.process_time() < 4:
    pass
reached()
