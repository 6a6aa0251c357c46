# Waits beside ./dev and ends its processes when it is killed and cannot do so itself. Reads `<name> <pid>` lines for as
# long as ./dev lives, a lone `<name>` when that process has ended, and `done` after an orderly stop.
web='' worker='' postgres=''
while read -r name pid; do
  [ "$name" = done ] && exit 0
  case $name in web | worker | postgres) eval "$name=\$pid" ;; esac
done

# A dead process that nobody has collected yet counts as gone: process 1 of a container may never do it.
lives() {
  kill -0 "$1" 2>/dev/null && ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"
}

# gone SECONDS PID…: waits until none of them is left.
gone() {
  tries=$(($1 * 10))
  shift
  for pid; do
    while lives "$pid"; do
      tries=$((tries - 1))
      [ "$tries" -gt 0 ] || return 1
      sleep 0.1
    done
  done
}

for pid in $web $worker; do kill -TERM "$pid" 2>/dev/null; done
# A call that is being paid for may end.
gone 350 $web $worker || for pid in $web $worker; do kill -KILL "$pid" 2>/dev/null; done
if [ -n "$postgres" ]; then
  kill -INT "$postgres" 2>/dev/null
  gone 20 "$postgres"
fi
