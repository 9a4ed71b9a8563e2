/**
 * The kinds of place a visitor comes from. `campaign` is whatever was paid for or tagged, unless the tags say
 * e-mail or social; `referral` any other site.
 */
export type Source = 'direct' | 'internal' | 'search' | 'social' | 'email' | 'campaign' | 'referral';

type Known = 'search' | 'social' | 'email';

/**
 * Hosts by kind. `*` stands for any public ending (`com`, `de`, `co.uk`, `com.br`); a leading dot takes every
 * host below too. Without one only the host itself (and its `www.` and `m.`) is meant, because
 * `docs.google.com` is no search engine.
 */
const HOSTS: Readonly<Record<Known, string>> = {
  search: `
    google.* images.google.* search.google.* cse.google.* .bing.com .search.yahoo.* search.yahoo.*
    yandex.* ya.ru .baidu.com duckduckgo.com html.duckduckgo.com lite.duckduckgo.com start.duckduckgo.com
    ecosia.org qwant.com lite.qwant.com startpage.com .startpage.com search.brave.com
    search.naver.com m.search.naver.com search.daum.net m.search.daum.net search.seznam.cz sogou.com .sogou.com
    so.com .so.com sm.cn .sm.cn ask.com .ask.com search.aol.* aolsearch.com dogpile.com kagi.com mojeek.com
    swisscows.com metager.de metager.org petalsearch.com presearch.com gibiru.com search.lilo.org ekoru.org
    oceanhero.today karmasearch.org nova.rambler.ru go.mail.ru szukaj.wp.pl szukaj.onet.pl
    suche.t-online.de suche.web.de suche.gmx.net search.gmx.com search.ch coccoc.com
    search.walla.co.il search.goo.ne.jp search.smt.docomo.ne.jp search.biglobe.ne.jp search.auone.jp
    lycos.com search.lycos.com info.com webcrawler.com metacrawler.com excite.com search.earthlink.net
    search.avira.com search.avast.com search.avg.com search.xfinity.com`,
  social: `
    .facebook.com fb.com fb.me .messenger.com m.me .instagram.com .threads.net .threads.com
    .twitter.com t.co .x.com .linkedin.com lnkd.in .pinterest.* pin.it .reddit.com redd.it
    .tiktok.com .snapchat.com .tumblr.com t.umblr.com .youtube.com youtu.be
    .vk.com .vk.ru vk.cc .ok.ru .odnoklassniki.ru .weibo.com .weibo.cn t.cn weixin.qq.com mp.weixin.qq.com
    qzone.qq.com .zhihu.com .douban.com .xiaohongshu.com xhslink.com .douyin.com .kuaishou.com
    .line.me .whatsapp.com wa.me .telegram.org .telegram.me t.me .discord.com discord.gg .discordapp.com
    mastodon.social mastodon.online mas.to mstdn.social mstdn.jp fosstodon.org .bsky.app .truthsocial.com .gab.com
    .quora.com news.ycombinator.com .xing.com .nextdoor.com .flipboard.com flip.it disqus.com disq.us
    .digg.com .meetup.com b.hatena.ne.jp mixi.jp .plurk.com .livejournal.com .myspace.com .viadeo.com
    .twitch.tv lemmy.world .hootsuite.com ow.ly buff.ly`,
  email: `
    mail.google.* mail.yahoo.* outlook.live.com outlook.office.com outlook.office365.com .mail.live.com
    e.mail.ru mail.proton.me mail.aol.com deref-mail.com deref-gmx.net deref-web.de deref-1und1.de
    email.seznam.cz poczta.onet.pl poczta.wp.pl poczta.o2.pl 3c.gmx.net 3c.web.de app.tutanota.com app.tuta.com
    app.fastmail.com hey.com app.hey.com`,
};

/** Programs that are given as `android-app://<package>/` where a link was opened out of one. */
const APPS: Readonly<Record<Known, string>> = {
  search: `
    com.google.android.googlequicksearchbox com.google.android.apps.searchlite com.microsoft.bing
    com.duckduckgo.mobile.android ru.yandex.searchplugin com.yandex.searchapp com.baidu.searchbox
    com.ecosia.android com.qwant.liberty com.nhn.android.search`,
  social: `
    com.facebook.katana com.facebook.lite com.facebook.orca com.facebook.mlite com.instagram.android
    com.instagram.barcelona com.twitter.android com.twitter.android.lite com.linkedin.android com.pinterest
    com.reddit.frontpage com.zhiliaoapp.musically com.ss.android.ugc.trill com.ss.android.ugc.aweme
    com.snapchat.android com.tumblr com.google.android.youtube com.vkontakte.android ru.ok.android com.sina.weibo
    com.tencent.mm com.xingin.xhs jp.naver.line.android com.whatsapp com.whatsapp.w4b org.telegram.messenger
    com.discord org.joinmastodon.android xyz.blueskyweb.app com.quora.android com.xing.android com.nextdoor
    flipboard.app`,
  email: `
    com.google.android.gm com.google.android.gm.lite com.microsoft.office.outlook
    com.yahoo.mobile.client.android.mail com.samsung.android.email.provider ch.protonmail.android
    ru.mail.mailapp ru.yandex.mail de.gmx.mobile.android.mail de.web.mobile.android.mail com.aol.mobile.aolapp
    com.fsck.k9 net.thunderbird.android eu.faircode.email de.tutao.tutanota com.fastmail.app`,
};

const tableOf = (lists: Readonly<Record<Known, string>>): ReadonlyMap<string, Known> =>
  new Map(
    Object.entries(lists).flatMap(([kind, names]) =>
      names
        .trim()
        .split(/\s+/)
        .map((name) => [name, kind as Known] as const),
    ),
  );
const hosts = tableOf(HOSTS);
const apps = tableOf(APPS);

/** Characters of a name in the DNS (RFC 1035, 2.3.4). */
const MAX_HOST = 253;
/** Nobody's list has every provider's webmail, but nearly all of them name the host so. */
const WEBMAIL = /^(?:web)?mail\d{0,2}\./;
/** A country's ending, with or without the commercial level above it. */
const PUBLIC_ENDING = /\.(?:(?:com?|org|net|ne|or)\.)?[a-z]{2,}$/;

/**
 * What kind of place a host is.
 *
 * @param host lower case, without port.
 * @returns undefined for one of no known kind.
 */
export function sourceOfHost(host: string): Known | undefined {
  if (host.length > MAX_HOST) return undefined;
  const exact = either(host, '') ?? either(host.replace(/^(?:www|m|mobile)\./, ''), '');
  if (exact !== undefined) return exact;
  for (let below = host; below.includes('.'); below = below.slice(below.indexOf('.') + 1)) {
    const kind = either(below, '.');
    if (kind !== undefined) return kind;
  }
  return WEBMAIL.test(host) ? 'email' : undefined;
}

const either = (name: string, dot: string) =>
  hosts.get(dot + name) ?? hosts.get(dot + name.replace(PUBLIC_ENDING, '.*'));

/** @param name an Android package, such as `com.google.android.gm`. */
export const sourceOfApp = (name: string): Known | undefined => apps.get(name);
