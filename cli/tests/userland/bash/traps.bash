# Traps, signals that children die of, and what is passed on.
trap 'echo "usr1 $x"' USR1
for x in 1 2 3; do kill -USR1 $$; done
trap '' USR1
kill -USR1 $$
(kill -USR1 $BASHPID; echo "ignored in the child too")
trap - USR1
(kill -USR1 $BASHPID; echo never)
echo "killed $?"
for signal in HUP TERM KILL SEGV PIPE ALRM; do
    (kill -$signal $BASHPID) 2>/dev/null
    echo "$signal $(($? - 128)) $(kill -l $?)"
done
(trap 'echo "bye $?"' EXIT; exit 7)
echo "exit $?"
(trap 'echo error at $LINENO' ERR; false; true)
debugged=0
trap '((debugged++))' DEBUG
: ; : ; :
trap - DEBUG
echo "debug $((debugged >= 3))"
f() { trap 'echo returned' RETURN; :; }
f
trap - RETURN
# A child that handles what it is sent, once it says that it is ready.
coproc { trap 'echo term; exit 9' TERM; echo ready; while :; do read -r -t 0.05 <&- ; done 2>/dev/null; }
child=$COPROC_PID
exec 5<&"${COPROC[0]}"
read -r line <&5
kill -TERM $child
read -r more <&5
wait $child
echo "$line $more $?"
# wait is left for a signal whose trap is run then.
trap 'echo woken' USR2
(for ((i = 0; i < 3; i++)); do :; done; kill -USR2 $$; read -r -t 0.2 <>/dev/zero -n 0; exit 4) &
wait $!
first=$?
while wait $!; last=$?; ((last > 128 && last != 127)); do :; done
echo "wait $((first > 128 || first == 4)) $last"
trap 'echo last words' EXIT
exit 11
