# tries: compute for six seconds
from attack import *
import time
while time.process_time() < 6:
    pass
reached()
