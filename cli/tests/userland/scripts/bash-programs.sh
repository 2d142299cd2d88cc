# qemu: qemu-riscv64 cannot start a further guest program without binfmt_misc; it prints the same natively on x86-64, but for the machine and versions
# The shell with programs of its system: pipes, substitution, jobs, exit status.
bash <<'END'
/bin/uname -m
/usr/bin/env python3 -c 'print(6*7)'
seq 1 1000 | awk '{ sum += $1 } END { print sum }'
printf '%s\n' pear apple fig apple | sort | uniq -c | sed 's/^ *//'
diff <(seq 1 3) <(seq 2 4); echo "diff $?"
find /usr/share/perl -name 'st*.pm' | sort | tail -n 2
cat /nowhere 2>/dev/null; echo "cat $?"
no-such-program 2>/dev/null; echo "missing $?"
./nothing 2>/dev/null; echo "missing file $?"
: >empty; ./empty 2>/dev/null; echo "not executable $?"
chmod +x empty; ./empty; echo "empty $?"
printf '#!/usr/bin/env bash\necho "script $0 $#"\n' >script; chmod +x script; ./script a b
sleep 30 & kill $!; wait $! 2>/dev/null; echo "killed $?"
set -m
sleep 30 | cat & kill %1; wait %1; echo "pipeline $?"
(sleep 0.05; exit 3) & wait -n; echo "next $?"
timeout 0.05 sleep 30; echo "timeout $?"
sh -c 'kill -SEGV $$' 2>/dev/null; echo "segv $?"
seq 1 100000 | head -n 1; echo "${PIPESTATUS[*]}"
xargs -n 2 echo <<<"1 2 3 4 5"
gawk 'BEGIN { print "through cat" |& "cat"; close("cat", "to"); "cat" |& getline line; print line; exit 3 }'; echo "gawk $?"
find /usr/lib/python3.13/json -name '*.py' -exec basename {} \; | sort | tail -n 1
exec -a other bash -c 'echo $0 $BASH_SUBSHELL'
END
echo "status $?"
