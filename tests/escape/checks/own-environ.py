# tries: find a secret in the environment that it was started with
from attack import *
reached_if_secret(repr(dict(os.environ)))
