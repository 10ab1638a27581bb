# The README, as its reader uses it. Its blocks run in their order, sql as the role that the first line names ("-- as app").
# A text block is what the sql before it must print; … in it stands for anything. Of make, only the targets are looked for.
# Then: whatever the README names is there, and whatever a user may call or set is named.
set -euo pipefail
. "$TRACARDI_ROOT/tests/lib/cluster.sh"
readme=$TRACARDI_ROOT/README.md
export PATH=$PG_BINDIR:$PATH

cluster_start "$WORKDIR/server"
cluster_env "$WORKDIR/server"
mkdir "$WORKDIR/blocks"
cd "$WORKDIR/blocks"

# ---- The blocks ----------------------------------------------------------------------------------------------------

# Each block in a file: the line where it begins, and what it is.
awk '/^```[a-z]/ { file = sprintf("%04d.%s", NR, substr($0, 4)); printf "" >file; next }
     /^```/ { file = "" } file { print >file }' "$readme"
failures=0
fail() {
  echo "README.md:$*"
  failures=$((failures + 1))
}

for block in *; do
  line=$((10#${block%.*}))
  case $block in
    *.sql)
      role=$(sed -n '1s/^-- as \([a-z_]*\)$/\1/p' "$block")
      [ -n "$role" ] || fail "$line: the block does not say who runs it"
      psql -X -q -v ON_ERROR_STOP=1 -U "${role:-postgres}" -d shop -f "$block" >printed 2>&1 ||
        fail "$line: $(cat printed)"
      ;;
    *.text)
      # Trailing blanks, and how wide a column is, don't show.
      tidy() { sed -E 's/ +/ /g; s/-+/-/g; s/ $//' "$1" | sed '/./,$!d' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; }
      pattern=$(tidy "$block" | sed 's/[][*?\\]/\\&/g; s/…/*/g')
      [[ $(tidy printed) == $pattern ]] || fail "$line: this was printed instead:" $'\n'"$(cat printed)"
      ;;
    *.sh)
      while read -r command; do
        case $command in
          make\ *)
            target=$(cut -d ' ' -f 2 <<<"$command")
            grep -q "^$target:" "$TRACARDI_ROOT/Makefile" || fail "$line: make has no target $target"
            ;;
          *) bash -euo pipefail -c "$command" >printed 2>&1 </dev/null || fail "$line: $command: $(cat printed)" ;;
        esac
      done <"$block"
      ;;
    *.html | *.js) ;; # A browser runs them: tests/browser/readme.mjs.
    *) fail "$line: a block of an unknown kind" ;;
  esac
done

# ---- The names -----------------------------------------------------------------------------------------------------

query() { psql -X -q -A -t -v ON_ERROR_STOP=1 -d shop "$@"; }
words() { grep -oE "$1" "$readme" | sort -u; }
missing() { while read -r name; do fail " $1: $name"; done < <(comm -23 "$2" "$3"); }

# All that the schemas hold. check_setup() loads the library, which brings the settings.
query <<'SQL' | sort -u >there
\o /dev/null
SELECT tracardi.check_setup();
\o
SELECT relname FROM pg_class WHERE relnamespace = 'tracardi'::regnamespace
UNION SELECT proname FROM pg_proc WHERE pronamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace)
UNION SELECT substr(name, 10) FROM pg_settings WHERE name LIKE 'tracardi.%';
SQL
words 'tracardi(_api)?\.[a-z_]+' | sed -E 's/^tracardi(_api)?\.//' | sort -u >named
words '^\| `[a-z_]+\(' | tr -d '|`( ' >>named
words '`[a-z_]+_(idx|pkey)`' | tr -d '`' >>named
sort -u named -o named
missing 'the README names what is not there' named there

# What the grants give, and PUBLIC has.
query <<'SQL' | sort -u >granted
\o /dev/null
CREATE ROLE everybody;
SELECT format('SELECT tracardi.%I(''everybody'')', proname) FROM pg_proc
WHERE pronamespace = 'tracardi'::regnamespace AND starts_with(proname, 'grant_') \gexec
\o
SELECT proname FROM pg_proc
WHERE pronamespace IN ('tracardi'::regnamespace, 'tracardi_api'::regnamespace)
  AND has_function_privilege('everybody', oid, 'execute') AND prorettype <> 'trigger'::regtype;
SQL
words '`(tracardi(_api)?\.)?[a-z_]+\(' | sed -E 's/^`(tracardi(_api)?\.)?//; s/\($//' | sort -u >functions
missing 'a function is not in the README' granted functions

# Settings with their defaults: in a database where none was changed.
psql -X -q -A -t -F ' ' -d postgres >settings <<'SQL'
LOAD 'tracardi';
SELECT name, current_setting(name) FROM pg_settings WHERE name LIKE 'tracardi.%';
SQL
[ -s settings ]
while read -r name value; do
  grep -qF "| \`$name\` | \`$value\` |" "$readme" || fail " a setting is not in the README, or has another default: $name = $value"
done <settings

# Columns of the tables for analysts.
query >columns <<'SQL'
SELECT format('| `%s` | [^|]* | %s |', c.oid::regclass,
              string_agg(format('`%s`', attname), ', ' ORDER BY attnum))
FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid
WHERE c.oid IN ('tracardi.event'::regclass, 'tracardi.profile'::regclass, 'tracardi.session'::regclass,
                'tracardi.profile_alias'::regclass)
  AND attnum > 0 AND NOT attisdropped
GROUP BY c.oid;
SQL
[ -s columns ]
while read -r row; do
  grep -q "^$row\$" "$readme" || fail " not all columns, or not in their order: $row"
done <columns

# Files and headings that it points to.
anchors=$(sed -nE 's/^#+ (.*)/\1/p' "$readme" | tr '[:upper:] ' '[:lower:]-' | tr -cd 'a-z0-9\n-')
while read -r link; do
  case $link in
    http*) ;;
    \#*) grep -qxF -- "${link#\#}" <<<"$anchors" || fail " no such heading: $link" ;;
    *) [ -e "$TRACARDI_ROOT/$link" ] || fail " no such file: $link" ;;
  esac
done < <(grep -oE '\]\([^)]+\)' "$readme" | sed 's/^](//; s/)$//' | sort -u)

echo "$failures failures"
[ $failures = 0 ]
