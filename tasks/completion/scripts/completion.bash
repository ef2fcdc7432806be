# Completion of doit, in one repository, and of imbricate; written by `doit completion shell=bash`.
_imbricate_complete() {
    local line=${COMP_LINE:0:COMP_POINT} cut="" part one
    local word=${line##*[[:space:]]}
    # bash replaces only what comes after the last of its word breaks.
    for part in "=" ":"; do
        if [[ $COMP_WORDBREAKS == *"$part"* && $word == *"$part"* ]]; then
            one=${word%"${word##*"$part"}"}
            if (( ${#one} > ${#cut} )); then cut=$one; fi
        fi
    done
    COMPREPLY=()
    while IFS= read -r one; do
        if [[ -n $one ]]; then COMPREPLY+=("${one#"$cut"}"); fi
    done < <(PYTHONPATH=ROOT PYTHON -P -m tasks.completion "$line" 2> /dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
}
complete -o default -F _imbricate_complete doit imbricate
