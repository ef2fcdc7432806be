# Completion of doit, in one repository, and of imbricate; written by `doit completion shell=zsh`.
_imbricate_complete() {
    local line="${(j: :)words[1,CURRENT-1]} $PREFIX"
    local -a found
    found=("${(@f)$(PYTHONPATH=ROOT PYTHON -P -m tasks.completion "$line" 2> /dev/null)}")
    found=(${found:#})
    if (( ! $#found )); then _files; return; fi
    compadd -S '' -- ${(M)found:#*=}
    compadd -- ${found:#*=}
}
if (( ! $+functions[compdef] )); then autoload -Uz compinit && compinit -D; fi
compdef _imbricate_complete doit imbricate
