# Jobs: wait in all its forms, job control with process groups of their own.
sleeps() { read -r -t "$1" -u 9; return "${2:-0}"; }
# Both ends of a pipe that nobody writes to.
exec 9<> <(:)
(exit 3) & first=$!
(exit 4) & second=$!
wait $first; echo "first $?"
wait $second; echo "second $?"
wait 1 2>/dev/null; echo "not a child $?"
for n in 1 2 3; do (exit $n) & done
wait; echo "all $?"
(sleeps 0.3 5) & slow=$!
(sleeps 0.05 6) & fast=$!
wait -n $slow $fast; echo "next $?"
wait -n -p which $slow; echo "next $? $((which == slow))"
set -m
sleeps 30 &
jobs -r | { read -r _ line; echo "$line"; }
read -r _ _ _ _ group _ </proc/$!/stat
echo "own group $((group == $!))"
kill %sleeps
wait $!; echo "killed $?"
sleeps 29 &
kill -STOP %sleeps
while read -r _ _ state _ </proc/$!/stat && [[ $state != T ]]; do :; done
jobs -s | { read -r _ state _; echo "$state"; }
kill -CONT %sleeps
kill -TERM %sleeps
wait $!; echo "continued and killed $?"
sleeps 0.1 8 &
fg %sleeps >/dev/null; echo "foreground $?"
sleeps 28 & one=$!
sleeps 27 & two=$!
disown $one
kill $one $two
wait; echo "all $?"
set +m
