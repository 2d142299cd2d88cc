# A repository: commits, branches, merges, tags, packs, and what it says about them.
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z' GIT_PAGER=cat
git config --global maintenance.auto false
git init -q -b main room && cd room || exit 1
seq 1 2000 >numbers && mkdir deep && seq 1 9000 | base64 >deep/program && chmod 755 deep/program
git add . && git commit -qm first && git log --format='%H %s' && git ls-files -s
sed -i 's/^7/seven/' numbers && git diff --stat && git commit -qam second
git checkout -q -b side HEAD~1 && echo side >side && git add side && git commit -qm side
git checkout -q main && git merge -q --no-edit side && git log --oneline --graph
git tag -a -m message v1 && git describe && git rev-parse v1^{tree} && git cat-file -p v1^{tree}
git blame -s numbers | head -n 3; git show --stat --format=%s HEAD~1; git shortlog -sn HEAD
git stash list; echo change >>numbers; git stash -q && git status --short && git stash pop -q && git status --short
git checkout -q numbers && git rm -q side && git commit -qm gone && git revert --no-edit HEAD >/dev/null && ls
git archive HEAD | tar -tf -; git grep -n -c seven; git count-objects | cut -d' ' -f1,2
