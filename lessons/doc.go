// Package lessons holds the lessons as data, and judges their claims.
//
// A lesson is a folder with three files that can be written without a compiler:
//
//	lessons/01-cookie/lesson.yaml   what happens: actions, code, claims
//	lessons/01-cookie/zh.md         the words in Chinese
//	lessons/01-cookie/en.md         the words in English
//
// The folder is called NN-id, after the number and id in lesson.yaml. Folders
// given with -lessons come after the ones in the program and may not use their
// ids again. A mistake is refused with the file and the line that it is in.
//
// # lesson.yaml
//
//	id: cookie               # small letters, digits, hyphens
//	number: 1
//	mode: live               # live: the visitor's own browser; world: the time machine only
//	minutes: 20
//	steps:
//	  - id: by-hand
//	    mode: world                      # may be left out: then the lesson's
//	    syllabus: ["1.1", "3 cookie"]    # lines of syllabus.yaml; may be left out
//	    terms: [cookie]                  # of glossary.yaml, a line below the take-home; may be left out
//	    from:                            # what leads there from a clean start; may be left out
//	      - /set_cookie
//	    do:                              # what the step's button does
//	      - {do: script, set: num=100; path=/}
//	      - /get_cookie
//	    django:                          # may be left out; a line with # <-- at its end is lit
//	      /get_cookie: |                 # the view, after the address that it stands for
//	        def get_cookie(request):
//	            return HttpResponse(request.COOKIES["num"])  # <--
//	    go: [getCookie]                  # may be left out: then the handlers of the routes in do
//	    compare: [/del, /clear]          # may be left out: what each leaves of the session, in a table
//	    options:                         # two to five, in order
//	      a: {body: "100", sent: num=100}
//	      b: {body: "1"}
//	      c: {status: 500}
//	recap:                               # may be left out: statements, true or false
//	  - id: read-back
//	    do: [/set_cookie, /get_cookie]   # played in the time machine from a clean start
//	    claim: {body: "1"}               # the statement is true if it holds
//
// Under django several views may stand, each after its address: /set_cookie, or
// with a query where two visits go to one route. What is no route has a file's
// name: settings.py. A single view may be given as a text alone; then it stands
// for the last visit of do. Chinese strings and comments in it are turned into
// English by phrases.yaml.
//
// An action is a path, which browser A visits; a path after a browser's name,
// as in "B /get_session"; or a map with the fields of a script's action: do
// (visit wait close put delete script server purge together) and browser url
// method initiator kind raw_cookie seconds name value copy set op key visits.
// Without a browser it is A's. A visit or a script with times: 180 is made so often,
// and {n} in its url or set is 1, 2, 3 … In a live lesson from visits the demo routes and
// nothing else, because the page goes there for the visitor, and do may visit,
// wait (30 seconds at most), script and delete; other browsers, closing, putting
// and the server's own doings belong to the time machine.
//
// Under compare stand visits to demo routes, one of them the step's own. Each is
// played from where the step starts, and what it leaves is shown once the step has
// been judged; two that leave the same are refused.
//
// A step about the page that explains a Set-Cookie line has jar in place of
// from and do, with the fields of POST /api/jar:
//
//	jar:
//	  set:
//	    - {url: http://tea.example/, set_cookie: num=1; Secure}
//	  get: {url: http://tea.example/}
//
// # Claims
//
// The correct answer is not written down. An option is a claim about what has happened
// after the last action, and the correct option is the one whose claim holds. A step in
// which not exactly one holds is an error ([Catalogue.Check]).
// All fields of a claim must hold. The browser is the one that visited last,
// the exchange the last one.
//
//	status: 200                    of the response
//	body: "1"                      the response's body, whole
//	body_has: fan18                status 200, and this in its body
//	sent: num=1                    in the request's Cookie header: a name, a name with its value, or a list
//	not_sent: [num, age]           no cookie of this name
//	sent_count: {num: 2}           how many of this name
//	set_cookie: num                the response sets it (to delete is to set)
//	no_set_cookie: sessionid
//	jar: num=1                     in the browser's jar
//	not_in_jar: num
//	jar_count: {num: 1}
//	cookie_expires: {num: 60}      seconds from now, or session
//	script_sees: num               in document.cookie
//	script_blind: num
//	row: {username: fan, age: 18}  the browser's own session row holds these entries; {} is exactly empty
//	row_lacks: age                 the row is there, without this entry
//	no_row: true                   no row under the key that was sent, nor under the one in the jar
//	row_expires: 1209600           seconds from now
//	key: kept                      kept or new: the sessionid in the jar against the one that was sent
//	rows: 2                        of all browsers; in the time machine only
//	any_row: {username: fan}       some row holds these entries; in the time machine only
//
// and in a step with jar, where the jar is the answer's:
//
//	stored: false                  the last cookie was stored
//	reason: secure                 the reason of the last verdict
//	header: num=1                  what is sent, "" for nothing
//	withheld: {sessionid: samesite}
//	host_only: true                of every cookie in the jar
//	same_site: {num: Lax}
//
// A claim is only about the cookies and entries that it names, so that a lesson works in
// a browser with other cookies.
//
// # Tasks
//
// Besides steps a lesson may have tasks: a state to reach in any way.
//
//	tasks:
//	  - id: minute-cookie
//	    mode: live               # may be left out: the lesson's
//	    from: [/set_session]     # may be left out: a clean start
//	    goal:                    # all of these claims at once
//	      - {jar: num=5}
//	      - {browser: A, cookie_expires: {num: 60}}   # of that browser, not of the one that visited last
//	    use:                     # the complete actions that a solution may consist of
//	      - /set_cookie?value=5
//	      - /set_cookie?value=5&max_age=60
//	    solution:                # the shortest there is, each action one of use
//	      - /set_cookie?value=5&max_age=60
//
// A claim about an exchange is about the last one after from. The solution is
// played at start: a goal that it does not reach, or that holds before, is refused.
//
// # zh.md and en.md
//
//	# Cookie: the sticky note            the lesson's title
//	### outcome                          what a student says afterwards
//	### story
//	## by-hand A visitor can change it   a step: its id, then its title, which says the fact
//	### story                            the same in the words of the story; may be left out
//	### lead                             the idea, in one or two sentences
//	### question
//	### a                                an option; the quotation is said to whoever chose it
//	100, read out as it stands
//
//	> You hold the note, and a pen.
//	### b
//	### c
//	### see                              where to look, any of browser wire server time code page
//	- wire: no Set-Cookie anywhere
//	- browser: the value is 100
//	### happened                         the sentence above the panels once it is so; may be left out
//	### take-home
//	### teach                            for the instructor; may be left out
//	- say: …
//	- ask: …
//	- student: …
//	### mend                             where the syllabus is imprecise; may be left out
//	## recap                             the statements, after the steps, if lesson.yaml has any
//	### read-back                        a statement; the quotation is said of it, right or wrong
//	What was set is read back.
//
//	> The browser has sent it.
//
//	## task:minute-cookie A cookie for a minute      a task; tasks come after the steps
//	### lead
//	### goal                             a line for each claim
//	- the jar holds `num=5`
//	### hints
//	- a gentle one
//	### praise
//
// Where a text names another step it writes [[lesson/step]], which becomes a link
// that says lesson 2, step 5.
//
// Steps stand in the order of lesson.yaml. The keywords are English in both
// files. Words may be *stressed*, **stronger** or `code`, and linked; HTML is
// refused. Both languages have the same sections.
package lessons
