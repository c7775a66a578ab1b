#!/bin/bash
# console.sh - what `hotline` says about a state that was written by the core alone: to people, to programs, and when something is wrong.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq kcat
hotline=$(program hotline) || exit 77
store_write=$(program store_write) || exit 77
export LANG=C LC_ALL=C HOTLINE_BROKERS=127.0.0.1:1
own_redis --appendonly no
export HOTLINE_REDIS=$redis

json() { "$hotline" "$@" --format json 2>> "$tmp/stderr" > "$tmp/json" || fail "$* failed: $(tail -1 "$tmp/stderr")"; }
asks() { is_equal "$1" "$2" "$(jq -c "$1" "$tmp/json")"; }  # asks JQ WANTED: of the last answer

# Nothing is there yet: not an error
json units
asks . '[]'
json alerts
asks . '[]'
has_line "status" "No shard has started yet" "$("$hotline" status)"
has_line "units" "There are no counters yet" "$("$hotline" units)"

cat > "$tmp/events.jsonl" <<'EVENTS'
{"ticket_id":"8213631","at":"2024-03-05T09:12:00+08:00","type":"received","kind":"complaint","level":"city","channel":"phone","district":"兴隆台区","category":"物业管理/物业服务管理"}
{"ticket_id":"8213631","at":"2024-03-05T09:40:00+08:00","type":"dispatched","unit":"xlt-zhujian"}
{"ticket_id":"8213631","at":"2024-03-05T15:02:00+08:00","type":"returned","unit":"xlt-zhujian","reason":"请分派至街道","slip":true}
{"ticket_id":"8213631","at":"2024-03-05T16:00:00+08:00","type":"dispatched","unit":"xlt-xinghai"}
{"ticket_id":"8213631","at":"2024-03-07T11:20:00+08:00","type":"resolved","unit":"xlt-xinghai","outcome":"done","claims_satisfied":true}
{"ticket_id":"8213631","at":"2024-03-08T10:00:00+08:00","type":"rated","satisfied":false,"stars":1}
{"ticket_id":"8213632","at":"2024-03-05T10:00:00+08:00","type":"received","kind":"complaint","level":"city","channel":"network","district":"双台子区"}
{"ticket_id":"8213632","at":"2024-03-05T10:30:00+08:00","type":"dispatched","unit":"xlt-zhujian"}
{"ticket_id":"T/9","at":"2024-02-28T10:00:00+08:00","type":"received","kind":"enquiry","level":"city","channel":"phone","answered_directly":true}
{"ticket_id":"50001","at":"2024-03-20T10:00:00+08:00","type":"received","kind":"complaint","level":"province","channel":"phone"}
{"ticket_id":"50001","at":"2024-03-20T11:00:00+08:00","type":"dispatched","unit":"dwa-gongan"}
EVENTS
"$store_write" "$redis" 3 2024-03-20T12:00:00+08:00 < "$tmp/events.jsonl"

# units
json units
asks 'map(.dimension)' '["unit/dwa-gongan","unit/xlt-xinghai","unit/xlt-zhujian"]'
asks '.[2] | [.dispatched, .completed, .returned, .overdue, .resolved_on_time, .points_added, .from, .to]' '[1,0,1,1,0,0,"2024-03-01","2024-03-31"]'
asks '.[2].rates' '{"completion":0,"on_time":0}'
asks '.[1].rates' '{"completion":100,"on_time":100,"satisfaction":0,"excellent":0,"stars":1}'
asks '.[0] | [.dispatched, .completed], .rates' "$(printf '[1,0]\n{"completion":0}')"
asks '.[0] | keys | length' 39
json units --dimension city --from 2024-02-28 --to 2024-03-05
asks '.[0] | [.dimension, .received, .answered_directly, .dispatched, .returned, .rates.direct]' '["city",3,1,2,1,33.33]'
json units --dimension city --from 2024-02-01 --to 2024-03-31
asks '.[0] | [.received, .dispatched, .completed, .overdue]' '[4,3,1,1]'
json units --dimension channel
asks 'map([.dimension, .received])' '[["city/channel/network",1],["city/channel/phone",2]]'
json units --dimension category
asks 'map(.dimension)' '["category/物业管理","category/物业管理/物业服务管理"]'
json units --channel network xlt-zhujian
asks 'map([.dimension, .dispatched])' '[["unit/xlt-zhujian/channel/network",1]]'
json units --dimension district 双台子区 district/兴隆台区
asks 'map([.dimension, .received])' '[["district/兴隆台区",1],["district/双台子区",1]]'
is_equal "sorted" "xlt-zhujian,1" "$("$hotline" units --sort overdue --columns overdue --format csv | sed -n 's=^unit/==;2p')"
is_equal "table" "unit         dispatched  satisfaction %
dwa-gongan            1               -
xlt-xinghai           1            0.00
xlt-zhujian           1               -" "$("$hotline" units --columns dispatched,satisfaction | tail -n +3)"
has_line "in Chinese" '^承办单位 +转办 +满意率 %$' "$("$hotline" units --columns dispatched,satisfaction --lang zh)"
fails_with 1 "$hotline" units nobody
has_line "no such unit" 'nothing was ever counted for a unit "nobody"' "$output"

# A ticket
json ticket 8213631
asks '.[0].events | map(.type)' '["received","dispatched","returned","dispatched","resolved","rated"]'
asks '.[0].legs | map([.unit, .dispatched_at, .due_at, .ended_at, .ended_by, .overdue])' \
	'[["xlt-zhujian","2024-03-05T09:40:00+08:00","2024-03-12T23:59:59.999+08:00","2024-03-05T15:02:00+08:00","returned",false],["xlt-xinghai","2024-03-05T16:00:00+08:00","2024-03-12T23:59:59.999+08:00","2024-03-07T11:20:00+08:00","resolved",false]]'
asks '.[0].legs[0].due_counted.days | map(.counted)' '[null,1,2,3,null,null,4,5]'
asks '[.[0].counters[] | select(.dimension == "unit/xlt-zhujian") | [.day, .counter, .amount]]' '[["2024-03-05","returned",1]]'
is_equal "events as lines" "$(grep -F '"8213631"' "$tmp/events.jsonl" | jq -cS .)" "$("$hotline" ticket 8213631 --format jsonl | jq -cS .)"
text=$("$hotline" ticket 8213632)
has_line "overdue" 'OVERDUE' "$text"
has_line "days" '2024-03-09 Sat +- +weekend' "$text"
has_line "article" '每月对不满意件' "$text"
json ticket T/9 8213632
asks 'map(.ticket_id)' '["T/9","8213632"]'
fails_with 1 "$hotline" ticket 4711
has_line "no such ticket" '^hotline: there is no ticket 4711$' "$output"

# Alerts. Kafka is away: what the state gives is there all the same
json alerts
asks 'map(select(.rule == "overdue" or .rule == "floors") | [.id, .state, .severity]) | sort' \
	'[["floors/unit/xlt-zhujian/2024-03/on_time","firing","warning"],["overdue/8213632/xlt-zhujian/2024-03-05T10:30:00+08:00","firing","critical"]]'
asks '.[] | select(.rule == "overdue") | [.at, .ticket_id, .dimension, .unit, .evidence.due_at]' \
	'["2024-03-13T00:00:00+08:00","8213632","unit/xlt-zhujian","xlt-zhujian","2024-03-12T23:59:59.999+08:00"]'
asks '.[] | select(.rule == "floors") | [.ticket_id, .dimension, .unit, .evidence.on_time, .evidence.floor]' '[null,"unit/xlt-zhujian","xlt-zhujian","0.00","100.00"]'
asks '.[] | select(.id == "escalation/8213632/level-2") | [.at, .state, .unit, .evidence.level, .evidence.points_taken, .next_step]' \
	'["2024-03-14T00:00:00+08:00","firing","xlt-zhujian","2 (分管领导)","2","level 3 (主要领导) at 2024-03-15T00:00:00+08:00, unless it is resolved before"]'
asks '.[] | select(.rule == "circulated") | [.state, .evidence.units, .evidence.chain]' '["resolved","2","xlt-zhujian > xlt-xinghai"]'
json alerts --state resolved
asks 'map(.rule) | unique' '["circulated","due-warnings"]'
json alerts --rule overdue --unit xlt-zhujian --since 2024-03-13
asks length 1
json alerts --rule overdue --since 2024-03-13T00:00:00.001+08:00
asks length 0
json alerts --unit xlt-xinghai
asks 'map(.rule) | sort' '["claim-conflict","dissatisfied","look-back","low-star"]'
fails_with 2 "$hotline" alerts --rule overdu
has_line "rule" 'did you mean overdue' "$output"

# Worklists
json worklist
asks 'map([.list, .unit, .month, .ticket_id]) | sort' \
	'[["dissatisfied","xlt-xinghai","2024-03","8213631"],["look-back","xlt-xinghai","2024-03","8213631"],["low-star","xlt-xinghai","2024-03","8213631"],["overdue","xlt-zhujian","2024-03","8213632"]]'
json worklist overdue --unit xlt-zhujian --month 2024-03
asks '.[] | [.day, .resolved, .holder, .alert, .evidence.due_at]' \
	'["2024-03-12",false,"xlt-zhujian","overdue/8213632/xlt-zhujian/2024-03-05T10:30:00+08:00","2024-03-12T23:59:59.999+08:00"]'
asks '.[].article' '"每月对不满意件、低星件、超期件、推诿件进行全区范围内通报"'
json worklist --month 2024-02
asks . '[]'
json worklist --unit xlt-zhujia
asks . '[]'
text=$("$hotline" worklist)
has_line "article" '^要定期展开“回头看”工作.*\(S0\)$' "$text"
has_line "row" '^low-star +2024-03 +xlt-xinghai +8213631 +2024-03-08 ' "$text"
has_line "empty" 'Nothing on these lists' "$("$hotline" worklist shirked)"
is_equal "worklist as CSV" 5 "$("$hotline" worklist --format csv | wc -l)"
is_equal "worklist as lines" 4 "$("$hotline" worklist --format jsonl | wc -l)"
fails_with 2 "$hotline" worklist overdu
has_line "list" 'there is no worklist "overdu"; did you mean overdue' "$output"
fails_with 2 "$hotline" worklist --month 2024-13

# Status: Redis is shown, and that Kafka is away
json status
asks '.[] | select(.kind == "kafka") | .available' false
asks '[.[] | select(.kind == "shard") | [.shard, .offset, .lag, .commit, .owner, .clock, .catching_up]] | .[1]' \
	'["tickets.1",101,null,77,"9f2c6a1b44d07e15","2024-03-20T12:00:00+08:00",false]'
asks '.[] | select(.kind == "group") | .lag' null
has_line "away" '^Kafka +away: ' "$("$hotline" status)"
is_equal "shards as CSV" 4 "$("$hotline" status --format csv | wc -l)"

# What is wrong is told in one sentence
fails_with 2 "$hotline" unit
has_line "command" 'there is no command "unit"; did you mean units' "$output"
fails_with 2 "$hotline" bulletin-board
has_line "commands" 'there are status, units, ticket' "$output"
fails_with 2 "$hotline" units --colums overdue
has_line "option" 'did you mean --columns' "$output"
fails_with 2 "$hotline" units --columns overdu
has_line "column" 'did you mean overdue' "$output"
fails_with 2 "$hotline" units --from 2024-02-30
fails_with 2 "$hotline" units --from 2024-03-02 --to 2024-03-01
fails_with 2 "$hotline" ticket
fails_with 2 "$hotline" alerts --state open
fails_with 2 "$hotline" alerts --follow --format json
fails_with 1 "$hotline" units -r 127.0.0.1:1
has_line "Redis away" 'Redis at 127.0.0.1:1 does not answer' "$output"
fails_with 0 "$hotline" check-config
has_line "in words" '5 working days' "$output"
printf 'versions:\n  - from: 2024-13-01\n' > "$tmp/bad.yaml"
fails_with 78 "$hotline" check-config --policy "$tmp/bad.yaml"
has_line "place" 'bad.yaml:2:' "$output"
fails_with 78 "$hotline" check-config nowhere

# Options that do not go together, or name what is not there
fails_with 2 "$hotline" -v
has_line "help" '^Usage: hotline' "$output"
fails_with 0 "$hotline" -r "$redis" status
fails_with 2 "$hotline" -r "$redis" statu
has_line "command after options" 'did you mean status' "$output"
fails_with 2 "$hotline" status --lang fr
has_line "language" 'takes zh or en, not "fr"' "$output"
fails_with 2 "$hotline" status more
has_line "operand" '"more" is not expected here' "$output"
fails_with 2 "$hotline" check-config --watch 1s
fails_with 2 "$hotline" alerts --follow --watch 1s
has_line "watch" '--watch does not fit here' "$output"
fails_with 2 "$hotline" units --dimension distric
has_line "dimension" 'did you mean district' "$output"
fails_with 2 "$hotline" units --channel phone --level city
has_line "both" 'not by both together' "$output"
fails_with 2 "$hotline" units --dimension category --channel phone
has_line "category" 'not counted apart' "$output"
fails_with 2 "$hotline" units --channel fax
has_line "channel" 'takes phone or network, not "fax"' "$output"
fails_with 2 "$hotline" units --level county
has_line "level" 'takes province, city or district, not "county"' "$output"
fails_with 2 "$hotline" units --from 1980-01-01
has_line "range" 'at most 30 years' "$output"
fails_with 2 "$hotline" alerts --since yesterday
has_line "since" 'takes a day such as 2024-03-05' "$output"
fails_with 2 "$hotline" worklist overdue low-star
has_line "lists" 'one list at a time' "$output"
fails_with 2 "$hotline" ticket "$(printf "%065d" 1)"

# The same for people and as CSV
json units --level city
asks 'map(.dimension)' '["unit/xlt-xinghai/level/city","unit/xlt-zhujian/level/city"]'
has_line "only" ', only network' "$("$hotline" units --channel network)"
has_line "only, in Chinese" '仅网络' "$("$hotline" units --channel network --lang zh)"
text=$("$hotline" units --dimension channel --lang zh)
has_line "channels" '^渠道 ' "$text"
has_line "a channel" '^电话|^话务' "$text"
has_line "levels" '^province ' "$("$hotline" units --dimension level --columns received)"
has_line "the city" '^city +3$' "$("$hotline" units --dimension city --columns received | tail -1)"
text=$("$hotline" units --columns all --format csv | head -1)
has_line "all columns" ',received,.*,duty_missed,' "$text,"
has_line "all rates" ',completion.*,connect' "$text"
is_equal "by a rate" "xlt-zhujian xlt-xinghai" "$("$hotline" units --sort +completion --columns completion | tail -n 2 | awk '{ print $1 }' | xargs)"
is_equal "by a rate, descending" "xlt-xinghai" "$("$hotline" units --sort completion --columns completion | sed -n 4p | awk '{ print $1 }')"
text=$("$hotline" alerts --rule overdue)
has_line "head" '^at +state +severity +rule +about +unit +evidence' "$text"
has_line "row" '^2024-03-13 00:00:00 +firing +critical +overdue +8213632 +xlt-zhujian +' "$text"
has_line "none" '^No such alerts' "$("$hotline" alerts --state retracted 2>&1)"
is_equal "alerts as CSV" 'overdue/8213632/xlt-zhujian/2024-03-05T10:30:00+08:00,overdue,firing,critical,2024-03-13T00:00:00+08:00,8213632,unit/xlt-zhujian,xlt-zhujian' \
	"$("$hotline" alerts --rule overdue --format csv 2> /dev/null | sed -n 2p | cut -d, -f1-8)"
is_equal "ticket as CSV" '8213632,2024-03-05T10:30:00+08:00,dispatched,xlt-zhujian,' "$("$hotline" ticket 8213632 --format csv | sed -n 3p)"
text=$("$hotline" ticket T/9 50001)
has_line "never dispatched" 'none: it was never dispatched' "$text"
has_line "no alerts" '^  none$' "$text"
has_line "second ticket" '^Ticket 50001' "$text"
has_line "calendar days" '10 calendar days \(due-province\)' "$text"
cat > "$tmp/doubtful.yaml" <<'POLICY'
zone: "+08:00"
versions:
  - from: 1970-01-01
    low_stars: 5
POLICY
"$hotline" check-config "$tmp/doubtful.yaml" --format json > "$tmp/json"
asks '.[0].versions' '["1970-01-01"]'
asks '.[0].warnings | map(select(test("low and excellent at once"))) | length' 1
has_line "doubt" '^warning: .*low and excellent at once' "$("$hotline" check-config "$tmp/doubtful.yaml")"
has_line "doubts as CSV" 'low and excellent at once' "$("$hotline" check-config "$tmp/doubtful.yaml" --format csv)"

# Looked at again and again: as lines in a file, as a picture on a terminal; what fails for a while is told and does not end it
start watch "$hotline" units --watch 100ms --columns dispatched
again() { (($(grep -c '^xlt-zhujian' "$tmp/logs/watch") >= 3)); }
wait_for "the third time" again
stop watch
start screen script -qfc "stty rows 4; exec $hotline units --watch 100ms --columns dispatched" "$tmp/screen"
drawn() { (($(grep -aoF $'\033[H' "$tmp/screen" | wc -l) >= 3)); }
wait_for "the third picture" drawn
stop screen
is_equal "rows of a picture of four" 3 "$(tr -d '\r' < "$tmp/screen" | awk -v RS='\033\\[H' 'NR == 3' | grep -c $'\033\\[K')"
start away "$hotline" units -r 127.0.0.1:1 --watch 100ms
told() { (($(grep -c 'does not answer' "$tmp/logs/away") >= 2)); }
wait_for "the second failure" told
stop away

# The alerts that only the topic knows, once Kafka is there: what the state of a ticket does not give was retracted; a ticket that is not there was forgotten
own_devbroker --partitions 4
export HOTLINE_BROKERS=$brokers
json status
asks '.[] | select(.kind == "topic" and .topic == "hotline.alerts") | .partitions' 4
asks '[.[] | select(.kind == "shard") | .lag] | .[0]' -100
asks '[.[] | select(.kind == "group") | [.group, .partitions_committed, .lag]]' '[["hotline-units",0,0]]'
echo D > "$tmp/change"
kcat -P -b "$brokers" -t hotline.counter-changes -p 1 "$tmp/change"
json status
asks '.[] | select(.kind == "group") | .lag' 1
has_line "units" '^hotline-units  nothing committed yet, 1 changes to be summed$' "$("$hotline" status)"

# shellcheck disable=SC2059  # the escape is made here
varint() { local n=$1; while ((n > 127)); do printf "\\x$(printf %x $((n & 127 | 128)))"; ((n >>= 7)) || true; done; printf "\\x$(printf %x "$n")"; }
words() { varint $(($1 << 3 | 2)); varint ${#2}; printf %s "$2"; }
number() { varint $(($1 << 3)); varint "$2"; }
send_alert() {  # send_alert ID TICKET STATE REVISION: as hotline.v1.Alert
	{ words 1 "$1"; words 2 overdue; words 3 "$2"; words 4 xlt-xinghai; number 5 1709800000000; number 6 "$3"; number 7 3; words 8 unit/xlt-xinghai; number 13 "$4"; } > "$tmp/alert"
	kcat -P -b "$brokers" -t hotline.alerts -k "$1" "$tmp/alert"
}
send_alert overdue/8213631/xlt-xinghai/x 8213631 1 2
send_alert overdue/4711/xlt-xinghai/x 4711 2 9
send_alert overdue/4711/xlt-xinghai/x 4711 1 8
send_alert overdue/8213632/xlt-zhujian/2024-03-05T10:30:00+08:00 8213632 2 99
json alerts --rule overdue
asks 'map([.id, .state]) | sort' \
	'[["overdue/4711/xlt-xinghai/x","resolved"],["overdue/8213631/xlt-xinghai/x","retracted"],["overdue/8213632/xlt-zhujian/2024-03-05T10:30:00+08:00","firing"]]'
json alerts --state retracted
asks 'map(.ticket_id)' '["8213631"]'

# What comes in is followed; what is sent twice is shown once
start follow "$hotline" alerts --follow --unit xlt-xinghai --format jsonl
follows() { grep -q "$1" "$tmp/logs/follow"; }
wait_for "the list" follows retracted
send_alert overdue/1/xlt-xinghai/x 1 1 3
send_alert overdue/1/xlt-xinghai/x 1 1 3
send_alert overdue/2/xlt-xinghai/x 2 1 4
wait_for "the last one" follows overdue/2/
is_equal "each once" 1 "$(grep -c overdue/1/ "$tmp/logs/follow")"
stop follow
for format in csv table; do
	start "follow-$format" "$hotline" alerts --follow --rule overdue --unit xlt-xinghai --format "$format"
	seen() { grep -q "$1" "$tmp/logs/follow-$format"; }
	wait_for "the list as $format" seen 4711
	send_alert "overdue/3/xlt-xinghai/$format" "3-$format" 1 5
	wait_for "the next one as $format" seen "3-$format"
	stop "follow-$format"
done

# Another state: what a due time may be
redis-cli -p "${redis#*:}" flushall > /dev/null
export HOTLINE_BROKERS=127.0.0.1:1
cat > "$tmp/others.jsonl" <<'EVENTS'
{"ticket_id":"given","at":"2024-03-05T09:12:00+08:00","type":"received","kind":"complaint","level":"city","title":"路灯不亮"}
{"ticket_id":"given","at":"2024-03-05T09:40:00+08:00","type":"dispatched","unit":"xlt-zhujian","due_at":"2024-03-29T12:00:00+08:00"}
{"ticket_id":"given","at":"2024-03-05T09:41:00+08:00","type":"dispatched","unit":"dwa-gongan","role":"assist"}
{"ticket_id":"none","at":"2024-03-05T09:12:00+08:00","type":"received","kind":"complaint"}
{"ticket_id":"none","at":"2024-03-05T09:40:00+08:00","type":"dispatched","unit":"xlt-zhujian"}
{"ticket_id":"invalid","at":"2024-03-05T09:12:00+08:00","type":"received","kind":"complaint","level":"city","valid":false}
EVENTS
"$store_write" "$redis" 2 2024-03-20T12:00:00+08:00 < "$tmp/others.jsonl"
text=$("$hotline" ticket given)
has_line "title" '^路灯不亮$' "$text"
has_line "given" '^ +given by the dispatch$' "$text"
has_line "assists" 'dwa-gongan \(assists\)' "$text"
has_line "no due time" '^ +no due time$' "$("$hotline" ticket none)"
has_line "invalid" 'invalid: in no count but received$' "$("$hotline" ticket invalid)"
