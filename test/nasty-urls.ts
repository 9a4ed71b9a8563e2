/** An address as some site really makes them, and what of it must never be written down. */
export interface NastyUrl {
  readonly url: string;
  readonly secret: string;
}

export interface NastyText {
  readonly text: string;
  readonly secret: string;
}

/** The secret, then the address; `S` stands for the site. */
const URLS = `
anna.quist S/u/anna.quist@example.org
berta.quist S/u/berta.quist%40example.org/edit
carl.quist S/u/carl.quist%2540example.org
dora.quist S/u/DORA.QUIST@EXAMPLE.ORG
emil.quist S/newsletter/emil.quist+news@mail.example.co.uk/confirm
frida.quist S/unsubscribe-frida.quist@example.org-now
gustav.quist S/x/%22gustav.quist%22@example.org
hanna.quist S/x/hanna.quist@xn--bcher-kva.example
iris.quist S/x/iris.quist@bücher.example
jon.quist S/x/jon.quist＠example.org
kaja.quist S/x/kaja.quist%EF%BC%A0example.org
lars.quist S/x/lars.quist%EF%B9%ABexample.org
maja.quist S/x/maja.quist%E2%80%8B@exam%C2%ADple.org
nils.quist S/x/nils.quist%26%2364%3Bexample.org
olga.quist S/x/olga.quist%26%23x40%3Bexample.org
paul.quist S/x/paul.quist%u0040example.org
rosa.quist S/x/rosa.quist(at)example.org
sven.quist S/x/sven.quist%5Bat%5Dexample%5Bdot%5Dorg
tora.quist S/x/tora.quist%20at%20example%20dot%20org
ulf-quist S/contact/ulf-quist-at-example-dot-org
vera_quist S/contact/vera_quist_at_gmail_com
walter.quist S/x/mailto:walter.quist@example.org
xenia.quist S/x;mail=xenia.quist@example.org;page=2
yngve.quist https://yngve.quist:pass@site.example/
zoe.quist https://zoe.quist%40example.org:pass@site.example/a
elna.quist S/x/elna.quist\\u0040example.org
elva.quist S/x/elva.quist/u0040example.org/y
asta.quist S/?email=asta.quist@example.org
bo.quist S/?utm_source=bo.quist%40example.org
cilla.quist S/?utm_content=cilla.quist%2540example.org&utm_medium=mail
dag.quist S/?utm_term=hello+dag.quist@example.org+bye
ebba.quist S/?utm_campaign=ebba.quist%20(at)%20example.org
finn.quist S/a#finn.quist@example.org
gerd.quist S/#/inbox?mail=gerd.quist@example.org
hugo.quist S/go/https%3A%2F%2Fother.example%2F%3Femail%3Dhugo.quist%40example.org
inga.quist S/go/https%253A%252F%252Fother.example%252Fu%252Finga.quist%2540example.org
jens.quist S/go/https://jens.quist:pw@other.example/
kim.quist S/go/https%3A%2F%2Fkim.quist%3Apw%40other.example%2F
lena-quist https://lena-quist-at-gmail-com.blog.example/
bHVuYS5xdWlzdEBleGFtcGxlLm9yZw S/open/bHVuYS5xdWlzdEBleGFtcGxlLm9yZw==
bW9hQGV4YW1wbGUub3Jn S/o/bW9hQGV4YW1wbGUub3Jn.gif
6e6f72612e7175697374406578616d706c652e6f7267 S/hex/6e6f72612e7175697374406578616d706c652e6f7267
otto.quist S/x/otto.quist@localhost/mail
pia.quist S/x/pia.quist@[198.51.100.23]
ralf.quist S/x/to%3Aralf.quist@example.org%2Ccc
sara.quist S/VERP/bounce-sara.quist=example.org@lists.example
tilda.quist S/x/tilda.quist%E2%93%90example.org
unni.quist S//unni.quist@example.org//
viggo.quist S/x/.viggo.quist@example.org.
wilma.quist S/x/wilma.quist%40example%2Eorg
ylva.quist S/x/%79lva.quist%40example.org
4915111122233 S/call/+4915111122233
15111122244 S/call/0049-15111122244
(0)151-11122255 S/call/+49(0)151-11122255
030/5551122 S/call/030%2F5551122
555-014-1199 S/call-555-014-1199-now
555.014.1188 S/call/555.014.1188
(555)%20014-1177 S/call/(555)%20014-1177
06%2012%2034%2056%2071 S/call/06%2012%2034%2056%2071
0151-111-222-66 S/call/%30151-111-222-66
٠١٥١١١١٢٢٢٧٧ S/call/%D9%A0%D9%A1%D9%A5%D9%A1%D9%A1%D9%A1%D9%A1%D9%A2%D9%A2%D9%A2%D9%A7%D9%A7
015111122288 S/call/０１５１１１１２２２８８
555-0142 S/tel/555-0142
5550143 S/phone/5550143
015111122299 S/?utm_term=015111122299
0151+111+22300 S/?utm_content=0151+111+22300
+47%2022%2033%2044%2055 S/ring/%2B47%2022%2033%2044%2055
015111122301 S/list;tel=015111122301
015111122302 S/whatsapp/015111122302/text
4915111122303 https://4915111122303.wa.example.org/
015111122304 S/x/tel%3A015111122304
0151%E2%80%93111%E2%80%9322305 S/x/0151%E2%80%93111%E2%80%9322305
0151·111·22306 S/x/0151·111·22306
DE89370400440532013000 S/pay/DE89370400440532013000
GB29NWBK60161331926819 S/pay/GB29NWBK60161331926819
NL91%20ABNA%200417%201643%2000 S/pay/NL91%20ABNA%200417%201643%2000
fr1420041010050500013m02606 S/pay/fr1420041010050500013m02606
BE68-5390-0754-7034 S/pay/BE68-5390-0754-7034-x
4111111111111111 S/pay/4111111111111111
5555-5555-5555-4444 S/pay/5555-5555-5555-4444
3782%20822463%2010005 S/pay/3782%20822463%2010005
6011111111111117 S/?utm_content=6011111111111117
123-45-6789 S/ssn/123-45-6789
203.0.113.91 S/ip/203.0.113.91
203.0.113.92 S/ip/203.0.113.92:8080/x
203.0.113.93 S/ip/::ffff:203.0.113.93
203.0.113.94 http://203.0.113.94/index.html
203.0.113.95 http://203.0.113.95:8080/a?b=c
203-0-113-96 https://203-0-113-96.dsl.provider.example/
203.0.113.97 https://203.0.113.97.nip.example.org/
203-0-113-98 S/host/ip-203-0-113-98/
2001:db8:5:6::91 S/ip/2001:db8:5:6::91
2001:db8:5:6:7:8:9:92 S/ip/2001%3Adb8%3A5%3A6%3A7%3A8%3A9%3A92
2001:db8:5:6::93 http://[2001:db8:5:6::93]/x
2001:db8:5:6::94 S/?utm_source=2001:db8:5:6::94
2001-db8-5-6--95 https://2001-db8-5-6--95.v6.example.org/
203.0.113.98 S/x/%32%30%33.0.113.98
203.0.113.99 S/?utm_medium=203.0.113.99
00:1a:2b:3c:4d:5e S/mac/00:1a:2b:3c:4d:5e
00-1a-2b-3c-4d-5f S/mac/00-1a-2b-3c-4d-5f
3f2a9c1b7d4e5f60 S/reset/3f2a9c1b7d4e5f60
d41d8cd98f00b204e9800998ecf8427e S/md5/d41d8cd98f00b204e9800998ecf8427e
2fd4e1c67a2d28fced849ee1bb76e7391b93eb12 S/sha1/2fd4e1c67a2d28fced849ee1bb76e7391b93eb12.html
E3B0C44298FC1C149AFBF4C8996FB92427AE41E4 S/sha/E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855
123e4567-e89b-12d3-a456-426614174000 S/orders/123e4567-e89b-12d3-a456-426614174000/pay
123E4567-E89B-12D3-A456-426614174001 S/%7B123E4567-E89B-12D3-A456-426614174001%7D
eyJhbGciOiJIUzI1NiJ9 S/jwt/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.dozjgNryP4J3jVmNHl0w5N_XgL0
dozjgNryP4J3jVmNHl0w5N S/jwt/eyJhbGciOiJIUzI1NiJ8.eyJzdWIiOiIxMjM0NTYifQ.dozjgNryP4J3jVmNHl0w5N_XgL0
Xy7Kq92LmPzR4tWn8vBc S/reset-your-password-Xy7Kq92LmPzR4tWn8vBc
V1StGXR8_Z5jdHi6B-myT S/n/V1StGXR8_Z5jdHi6B-myT
UULaNj-qFUegb-vhCQi-YSsWkH S/n/UULaNj-qFUegb-vhCQi-YSsWkH
nJol_YYiwF-tnPLizyP7 S/n/nJol_YYiwF-tnPLizyP7/edit
Wq7Rf2-FaQK_DY4sqYAx8 S/share/Wq7Rf2-FaQK_DY4sqYAx8.html
01ARZ3NDEKTSV4RRFFQ69G5FAV S/ulid/01ARZ3NDEKTSV4RRFFQ69G5FAV
0ujtsYcgvSTl8PAuAdqWYSMnLOv S/ksuid/0ujtsYcgvSTl8PAuAdqWYSMnLOv
cjld2cjxh0000qzrmn831i7rn S/cuid/cjld2cjxh0000qzrmn831i7rn
qxvc5yd7ij7lckobm3t S/t/qxvc5yd7ij7lckobm3t
JBSWY3DPEHPK3PXPJBSWY3DP S/otp/JBSWY3DPEHPK3PXPJBSWY3DP
QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPPTU S/ipfs/QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79
lit3py55t21z5v55vlm25s55 S/s/(S(lit3py55t21z5v55vlm25s55))/home
0A1B2C S/shop;jsessionid=0A1B2C
0A1B2D.node7 S/shop;JSESSIONID=0A1B2D.node7?x=1
0a1b2e S/shop;sid=0a1b2e/cart
r2t5uvjq435r4q7ib3vtdjq120 S/cart;PHPSESSID=r2t5uvjq435r4q7ib3vtdjq120
ABCDEFQQ S/x;ASPSESSIONIDQQ=ABCDEFQQ
cfidqq77 S/x;cfid=cfidqq77;cftoken=88
hunter2quist S/login;password=hunter2quist
hunter3quist S/login%3Fpassword%3Dhunter3quist
hunter4quist https://user:hunter4quist@site.example/
tok5quist S/?access_token=tok5quist
tok6quist S/#access_token=tok6quist&type=bearer
tok7quist1 S/confirm/tok7quist1
tok8quist1 S/invite/tok8quist1/accept
88776655 S/otp/88776655
sess9quist77 S/session-id/sess9quist77
tokAquist S/x%23access_token%3DtokAquist
a3f9c2e17b604d58 https://a3f9c2e17b604d58.track.example.org/p
b3f9c2e17b604d58a3f9c2e17b604d58 https://b3f9c2e17b604d58a3f9c2e17b604d58.example.org/p
Zr8Kq2LmXy4Pw9TbNc6V S/?utm_content=Zr8Kq2LmXy4Pw9TbNc6V
c3f9c2e17b604d58 S/?utm_campaign=c3f9c2e17b604d58
john.quister S/user/john.quister/edit
jane.quister S/users/jane.quister
jimquister S/u/jimquister
jillquister S/profile/jillquister/photos
jack-quister S/members/jack-quister
joan%20quister S/name/joan%20quister
jorg%20quister S/vorname/jorg%20quister/x
jquister S/~jquister/paper.pdf
judyquister S/@judyquister/how-to-cook
jens%20quister S/list;name=jens%20quister;page=2
jule+quister S/list;first_name=jule+quister
jan%20quister S/search%3Fname%3Djan%20quister
june%20quister S/search%253Fq%253Djune%2520quister
jo.quister S/?name=jo.quister
jay.quister S/?utm_term=name%3Djay.quister
joy.quister S/go/https%3A%2F%2Fother.example%2Fuser%2Fjoy.quister
jeb.quister S/benutzer/jeb.quister
joe.quister S/utilisateur/joe.quister
jon.quister S/user:jon.quister/x
jax.quister S/x;user%5Bname%5D=jax.quister
jim-quist-street S/x;street=jim-quist-street%205
1999-12-quist S/x;dob=1999-12-quist
jem.quister S/%75ser/jem.quister
jed.quister S/user%2Fjed.quister
`;

/** The secret, then what a page might call itself; tabs between. */
const TEXTS = `
alma.quast	Inbox of alma.quast@example.org
bror.quast	Write to bror.quast (at) example.org
cleo.quast	cleo.quast [at] example [dot] org
dina.quast	dina.quast at example dot org
eigil.quast	eigil.quast @ example.org
freja.quast	freja.quast&#64;example.org
gro.quast	gro.quast&commat;example&period;org
hedda.quast	hedda.quast\\u0040example.org
ivar.quast	ivar.quast%40example.org
jarl.quast	jarl.quast%2540example.org
kåre.quast	Mail from kåre.quast@bücher.example
liv.quast	liv.quast＠example．org
mats.quast	<mats.quast@example.org>
nora.quast	see https://nora.quast:pw@site.example/
odd.quast	see https://site.example/?mail=odd.quast
per.quast	Results for ?q=per.quast&page=2
ragna quast	Search: name=ragna quast
siv quast	Search: first_name=siv quast; page 2
tove quast	user[name]=tove quast
0152 1112 2233	Call 0152 1112 2233
+49 (0)152 11122244	Call +49 (0)152 11122244 now
0049-152-11122255	0049-152-11122255
040 77665	Tel. 040 77665
776-6554	Phone: 776-6554
77 66 55 44	Ring 77 66 55 44
０１５２１１１２２２６６	Call ０１５２１１１２２２６６
GB29 NWBK 6016 1331 9268 19	Pay to GB29 NWBK 6016 1331 9268 19
DE89 3704 0044 0532 0130 00	IBAN DE89 3704 0044 0532 0130 00
5105 1051 0510 5100	Card 5105 1051 0510 5100
198.51.100.71	Your address is 198.51.100.71
2001:db8:7:8:9:a:b:73	Your IP:2001:db8:7:8:9:a:b:73
2001:db8:7:8::74	From node:2001:db8:7:8::74:8080
2001:db8:7:8::72	Your address is 2001:db8:7:8::72
5f2a9c1b7d4e5f60	Order 5f2a9c1b7d4e5f60
423e4567-e89b-12d3-a456-426614174000	Ticket 423e4567-e89b-12d3-a456-426614174000
Hn8Kq2LmXy4Pw9TbNc6V	Your link: Hn8Kq2LmXy4Pw9TbNc6V
tokQuast	token=tokQuast
sidQuast	Cart (sid=sidQuast)
YWxpY2UucXVhc3RAZXhhbXBsZS5vcmc	To YWxpY2UucXVhc3RAZXhhbXBsZS5vcmc=
`;

const rows = (table: string, separator: string) =>
  table
    .trim()
    .split('\n')
    .map((row) => [row.slice(0, row.indexOf(separator)), row.slice(row.indexOf(separator) + 1)] as const);

/** Addresses with somebody's data in them, in every disguise that was met or thought of. */
export const NASTY_URLS: readonly NastyUrl[] = rows(URLS, ' ').map(([secret, url]) => ({
  secret: decoded(secret),
  url: url.replace(/^S/, 'https://site.example'),
}));

/** The same for titles, keywords and properties. */
export const NASTY_TEXTS: readonly NastyText[] = rows(TEXTS, '\t').map(([secret, text]) => ({
  secret,
  text,
}));

/** A table whose columns are parted by spaces cannot hold one. */
function decoded(secret: string): string {
  return secret
    .replaceAll('+', secret.startsWith('+') ? '+' : ' ')
    .replace(/(?:%[0-9A-F]{2})+/g, decodeURIComponent);
}
