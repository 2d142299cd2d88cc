# qemu: qemu-riscv64 cannot start a further guest program without binfmt_misc; it prints the same natively on x86-64
# What git does by starting itself: gc, clone, fetch, rebase, hooks, bundles.
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z' GIT_PAGER=cat
git config --global maintenance.auto false
git init -q -b main room && cd room || exit 1
for n in 1 2 3 4 5 6; do seq $n 3000 >numbers && git add numbers && git commit -qm "commit $n"; done
git gc -q && git fsck && git count-objects -v | grep -E '^(count|in-pack|packs):'
git clone -q . ../clone 2>&1 && git -C ../clone log --oneline | wc -l
echo more >more && git add more && git commit -qm more && git -C ../clone fetch -q && git -C ../clone rebase -q origin/main && cat ../clone/more
git checkout -q -b topic HEAD~2 && echo topic >topic && git add topic && git commit -qm topic && git rebase -q main && git log --format=%s | head -n 2
printf '#!/bin/sh\necho "hook runs"\nexit 1\n' >.git/hooks/pre-commit && chmod +x .git/hooks/pre-commit
echo again >again && git add again && git commit -qm hooked; echo "status $?"
git bundle create -q ../bundle main && git bundle verify -q ../bundle && echo bundle
