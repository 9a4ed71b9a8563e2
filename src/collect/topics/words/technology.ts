/** Technology, communication and video games. */
export const TECHNOLOGY = `
596 Technology & Computing: technology, tech, gadget, geek, hackathon, tecnologia, technologie, technik,
    informatik, informatique, informatica, it news, high tech
  597 Artificial Intelligence: artificial intelligence, ai, machine learning, deep learning, neural network,
      llm, large language model, chatgpt, openai, generative ai, chatbot, nlp, natural language processing,
      computer vision, tensorflow, pytorch, transformer model, künstliche intelligenz,
      intelligence artificielle, inteligencia artificial, intelligenza artificiale, ki?
  598 Augmented Reality: augmented reality, mixed reality, hololens, arkit, arcore, realidad aumentada,
      realite augmentee
  599 Computing: computing, computer, pc, computer science, ordinateur, ordenador, computador, rechner, cpu,
      processor?, benchmark?, gpu, motherboard, raspberry pi, mainframe, supercomputer, hardware?,
      quantum computing, algorithm, high performance computing, mpi?
    600 Computer Networking: networking?, computer network, network?, dns, dhcp, router, tcp, udp, tcp ip,
        ip address, ipv4, ipv6, subnet, ethernet, wifi, wi fi, wireless network, lan?, vlan, wan?, vpn, nat?,
        arp, ppp, gateway?, bgp, ospf, packet?, wireshark, tcpdump, pcap, bandwidth, latency, throughput,
        firewall, iptables, proxy, squid?, load balancer, load balancing, reverse proxy, captive portal, snmp,
        socket?, ssh, telnet, netcat, cisco, juniper?, mikrotik, netzwerk, reseau informatique,
        redes informaticas
    601 Computer Peripherals: peripheral, keyboard?, mechanical keyboard, mouse?, gaming mouse,
        computer mouse, printer, scanner?, webcam, touchpad, trackpad, computer monitor, ultrawide, usb,
        docking station, drucker, imprimante, impresora, tastatur, clavier
    602 Computer Software and Applications: software, application software, app?, open source, opensource,
        saas, firmware, plugin, release notes, changelog, install?, installing?, logiciel, freeware?,
        crm software, erp software, vim, neovim, emacs, text editor, ide?, vscode, visual studio, logging?,
        syslog, log management, observability, monitoring?, nagios, prometheus?, grafana, logstash, kibana,
        splunk, rrdtool
      603 3-D Graphics: 3d graphics, 3d modeling, 3d modelling, 3d rendering, 3d printing, 3d printer,
          blender?, opengl, vulkan?, raytracing, ray tracing, autocad, sketchup
      608 Antivirus Software: antivirus, anti virus, virenscanner, antivirenprogramm, kaspersky, malwarebytes,
          norton?, mcafee, windows defender
      609 Browsers: browser, web browser, firefox, google chrome, chromium, chrome extension, safari browser,
          microsoft edge, internet explorer, opera browser, navigateur web, navegador web
      610 Computer Animation: computer animation, cgi animation, motion graphics, after effects, pixar
      611 Databases: database, sql, mysql, mariadb, postgresql, postgres, sqlite, mongodb, nosql,
          oracle database, redis, cassandra?, clickhouse, elasticsearch, berkeleydb, dynamodb, data model,
          stored procedure, datenbank, base de donnees, base de datos, banco de dados, ldap, openldap
      612 Desktop Publishing: desktop publishing, indesign, quarkxpress, latex?, typesetting
      613 Digital Audio: digital audio, mp3, flac, ogg?, audio codec, itunes, spotify, winamp, audacity
      WQC6HR Maps & Navigation: google maps, openstreetmap, gps, geolocation, street view, navigation app,
          route planner, routenplaner, gis, cartography, sat nav
      614 Graphics Software: graphics software, illustrator?, coreldraw, inkscape, vector graphics, graphviz,
          figma
      615 Operating Systems: operating system, linux, unix, ubuntu, debian, fedora, centos, redhat, red hat,
          rhel, gentoo, arch linux, opensuse, freebsd, openbsd, netbsd, bsd, solaris, macos, mac os, os x,
          osx, windows 7, windows 8, windows 10, windows 11, windows xp, windows vista, windows server,
          microsoft windows, kernel?, shell script, bash, zsh, command line, terminal?, powershell, x11, xorg,
          xlib, xvfb, x server, xserver, wayland, gnome?, kde, xterm, window manager, sudo, cron, crontab,
          systemd, rpm?, yum?, apt get, dpkg, filesystem, file system, disk image, betriebssystem,
          systeme d exploitation, sistema operativo, sistema operacional, vm?, vms?
      604 Photo Editing Software: photoshop, lightroom, gimp, photo editing, photo editor, bildbearbeitung
      W3CW2J Productivity: productivity app, microsoft office, microsoft word, microsoft excel, excel?,
          spreadsheet, powerpoint, google docs, google sheets, onenote, evernote, notion app, trello,
          todo list, libreoffice, office 365
      605 Shareware and Freeware: shareware, freeware, free software
      606 Video Software: video software, video editing, video editor, ffmpeg, vlc, premiere pro,
          final cut pro, davinci resolve, obs studio
      607 Web Conferencing: web conferencing, webex, zoom meeting, microsoft teams, videokonferenz,
          video conference, visioconference, videoconferencia
    616 Data Storage and Warehousing: data storage, data warehouse, data warehousing, data lake, big data,
        hadoop, etl, data pipeline, kafka, snowflake?, hard drive, hard disk, ssd, nas?, raid?, partition?,
        disk?, backup, rsync, nfs, usb stick, festplatte, disque dur, disco duro, speicher?, logstash,
        data engineering
    617 Desktops: desktop pc, desktop computer, imac, mac mini, all in one pc, gaming pc, pc build
    618 Information and Network Security: security?, cybersecurity, cyber security, infosec,
        information security, network security, computer security, hacker, hacking, malware, ransomware,
        phishing, botnet, honeypot, exploit?, vulnerability?, zero day, encryption, cryptography, ssl, tls,
        ssh, https, openssl, pgp, gpg, password, authentication, kerberos, oauth, two factor, public key,
        publickey, firewall, penetration testing, pentest, selinux, arp spoofing, ddos, data breach, privacy?,
        it sicherheit, cybersicherheit, cybersecurite, ciberseguridad, sicurezza informatica
    619 Internet: internet, web?, online?, www?, broadband, domain name, dns, url?, http, isp, world wide web,
        fibre optic, hyperlink, rss, blogging, wordpress, podcasting
      620 Cloud Computing: cloud computing, cloud?, aws, ec2, amazon web services, azure, google cloud, gcp,
          kubernetes, k8s, docker, container?, serverless, iaas, paas, openstack, vmware, terraform, ansible,
          puppet?, chef?, devops, virtualization, virtual machine, hypervisor, cloudformation, cloud native,
          virtualisierung, computacion en la nube
      623 Email: email?, e mail?, gmail, outlook?, imap, smtp, thunderbird?, spam filter, mailserver,
          mail server, courriel, correo electronico, newsletter software
      624 Internet for Beginners: internet for beginners, how to browse, internet basics
      625 Internet of Things: internet of things, iot, arduino, zigbee, mqtt, connected device, esp32,
          esp8266, internet der dinge
      626 IT and Internet Support: it support, tech support, technical support, helpdesk, help desk, sysadmin,
          system administrator, system administration, systems engineering, troubleshooting, admin guide,
          it administrator, systemadministrator, administration systeme
      627 Search: search engine, google search, seo, bing?, duckduckgo, elasticsearch, lucene, solr,
          suchmaschine, moteur de recherche, buscador?
      628 Social Networking: social network, social networking, social media, facebook, instagram, twitter,
          tiktok, linkedin, snapchat, mastodon, pinterest, reddit, whatsapp, youtube, hashtag, influencer,
          soziale medien, reseaux sociaux, redes sociales, redes sociais
      629 Web Design and HTML: web design, webdesign, html?, html5, xhtml, css, css3, responsive design,
          site design, ux, user interface, landing page, wordpress theme, tailwind?, bootstrap?, ux design,
          ui design
      621 Web Development: web development, web developer, webdev, javascript, jquery, typescript, node js,
          nodejs, react?, reactjs, angular?, angularjs, vuejs, svelte, django, rails?, ruby on rails, laravel,
          php, ajax?, rest api, graphql, json, xml, xpath, xslt, webpack, web scraping, selenium?, frontend,
          backend, full stack, apache tomcat, tomcat, webserver, web server, http header, wsgi, websocket
      622 Web Hosting: web hosting, webhosting, vps, dedicated server, nginx, apache?, cpanel, colocation,
          data center, datacenter, domain registration, webspace, hebergement web, alojamiento web,
          server hosting
    630 Laptops: laptop, notebook?, macbook, chromebook, ultrabook, thinkpad, ordinateur portable, portatil,
        gaming laptop, battery life?
    631 Programming Languages: programming, programmer, programming language, coding, source code, developer?,
        debugging, debugger, refactoring, java?, jvm, python, ruby?, perl, cpp, cplusplus, c programming,
        csharp, dotnet, golang, rust?, rustlang, rust lang, kotlin, swift?, swiftui, scala?, haskell, erlang,
        elixir?, clojure, lisp?, cobol, fortran, lua, matlab, assembly language, compiler, regex, regexp,
        regular expression, grep, sed?, awk, xargs, shebang, unit test, unit testing, assert?, api, sdk, git,
        github, gitlab, subversion, svn?, version control, pull request, code review, agile software, scrum,
        software engineering, software development, ld preload, stack overflow, programmieren, programmierung,
        softwareentwicklung, programmation, developpeur, developpement logiciel, programacion, programacao,
        programmazione, desarrollo de software
  632 Consumer Electronics: consumer electronics, electronics, unterhaltungselektronik, elektronik,
      electronique, electronica, elettronica, gadgets review, drone?, bluetooth, battery?
    633 Cameras and Camcorders: digital camera, dslr, mirrorless camera, camcorder, camera?, gopro, canon eos,
        nikon, sony alpha, fujifilm, lens?, appareil photo, digitalkamera, camara digital, kamera
    634 Home Entertainment Systems: home theater, home cinema, home entertainment system, soundbar, hifi,
        hi fi, smart tv, oled tv, qled, 4k tv, av receiver, projector, beamer, blu ray player, fernseher,
        televiseur, heimkino, loudspeaker
    635 Smartphones: smartphone, mobile phone, cell phone, cellphone, iphone, android, ios, samsung galaxy,
        google pixel, pixel phone, huawei, xiaomi, oneplus, blackberry?, nokia, telephone portable,
        telefono movil, telemovel, celular, cellulare, mobiltelefon, sim card, apple?
    636 Tablets and E-readers: tablet?, ipad, kindle, e reader, ereader, ebook reader, kobo, android tablet,
        tablette
    637 Wearable Technology: wearable, smartwatch, apple watch, fitbit, fitness tracker, galaxy watch, garmin,
        smart glasses, montre connectee, reloj inteligente
  638 Robotics: robotics, robot, humanoid robot, roboter, robotica, robotique, cobot, automaton
  639 Virtual Reality: virtual reality, vr, oculus, vr headset, htc vive, metaverse, realite virtuelle,
      realidad virtual, virtuelle realitat
80DV8O Communication: communication, telecommunication, telephony, voip, messaging app, instant messaging,
    text messaging, sms, postal service, kommunikation, comunicacion, comunicacao, comunicazione,
    correspondence?
680 Video Gaming: video game, videogame, gaming, gamer, videospiel, jeux video, jeu video, videojuego,
    videogioco, videojogo, game review, gameplay, walkthrough?, cheat code, game developer, game console,
    indie game, tf2, team fortress, dlc?
  681 Console Games: console game, playstation, ps4, ps5, xbox, nintendo, nintendo switch, wii, gamecube,
      sega, konsole?, konsolenspiele, game boy
  682 eSports: esports, e sports, league of legends, dota, counter strike, overwatch, valorant, twitch?,
      esport
  683 Mobile Games: mobile game, ios game, android game, clash of clans, candy crush, angry birds, pokemon go,
      handyspiele
  684 PC Games: pc game, steam deck, steam game, pc gaming, gog com, pc spiele, jeux pc
  685 Video Game Genres: game genre
    686 Action Video Games: action game, shooter?, first person shooter, fps game, call of duty,
        battlefield game, fortnite, doom eternal, battle royale, halo infinite
    691 Action-Adventure Video Games: action adventure game, zelda, grand theft auto, gta, assassins creed,
        tomb raider, metroid, red dead redemption, uncharted game
    692 Adventure Video Games: adventure game, point and click, monkey island, text adventure, visual novel
    693 Casual Games: casual game, browser game, browsergame, online spiele, flash game, farmville,
        hidden object game
    694 Educational Video Games: educational game, learning game, lernspiel, jeu educatif
    696 MMOs: mmo, mmorpg, world of warcraft, final fantasy xiv, eve online, guild wars, runescape
    697 Music and Party Video Games: guitar hero, rock band game, just dance, beat saber, party game
    698 Puzzle Video Games: puzzle game, tetris, match three, wordle, sokoban
    VK7KD0 Racing Video Games: racing game, gran turismo, forza, mario kart, need for speed, rennspiel,
        f1 game
    687 Role-Playing Video Games: rpg, role playing game, final fantasy, skyrim, elder scrolls, witcher,
        elden ring, baldurs gate, diablo, jrpg, pokemon, rollenspiel
    688 Simulation Video Games: simulation game, simulator game, sims 4, flight simulator, farming simulator,
        simcity, cities skylines, minecraft, animal crossing, landwirtschafts simulator
    689 Sports Video Games: sports game, fifa 23, ea sports fc, madden nfl, nba 2k, football manager
    690 Strategy Video Games: strategy game, real time strategy, rts game, starcraft, age of empires,
        civilization vi, turn based strategy, strategiespiel, tower defense, xcom
`;
