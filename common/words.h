// words.h - what things are called on screens and in messages for people, in Chinese and English. Machines get the names of the enums' own files.
//
// Source: design.md, Words; the bulletins.
#ifndef HOTLINE_WORDS_H
#define HOTLINE_WORDS_H

#include <stdbool.h>

#include "assess.h"
#include "language.h"

// "zh" or "en", or what a locale is called ("zh_CN.UTF-8"). False for anything else.
bool language_of(const char *name, enum language *ret_language);
// By LC_ALL, LC_MESSAGES, LANG, in this order; English where none says Chinese.
enum language language_of_environment(void);

const char *words_counter(enum language language, enum counter counter);       // "按时办结", "resolved_on_time"
const char *words_rate(enum language language, enum rate_id rate);             // "满意率 %", "satisfaction %"
const char *words_event(enum language language, enum event_type type);         // "受理", "received"
const char *words_kind(enum language language, enum kind kind);                // these three: "" for none
const char *words_level(enum language language, enum level level);
const char *words_channel(enum language language, enum channel channel);
const char *words_leg_end(enum language language, enum leg_end end);           // "办结", "resolved"
const char *words_alert_state(enum language language, enum alert_state state); // "触发", "firing"
const char *words_severity(enum language language, enum severity severity);    // "严重", "critical"
const char *words_weekday(enum language language, int weekday);                // 0 is Sunday: "日", "Sun"
// What evidence is called; one that is not known keeps its own name.
const char *words_evidence(enum language language, const char *name);

#endif
