set -eu
# what programs ask of the system: users, time zone, locale, certificates, limits, /proc
id -un > /dev/null && date > /dev/null && ulimit -a > /dev/null
[ -e /etc/ssl/certs ] && cat /proc/self/status /proc/meminfo /proc/cpuinfo > /dev/null
getent hosts localhost > /dev/null && getent passwd "$(id -u)" > /dev/null
ps > /dev/null && df . > /dev/null && uname -a > /dev/null && nproc > /dev/null
